import { createHash } from 'node:crypto';
import type { StoreContent } from '../credentials/store/store-inspection.js';
import { parseTicketRecord, shiftTimestamps } from '../credentials/ticket-record.codec.js';

export type RedisKeys = Readonly<ReturnType<typeof redisKeysFor>>;

/** @param channelPrefix the prefix that the client puts before keys, but not before channels */
export function redisKeysFor(appId: string, channelPrefix: string) {
  // The braces keep all keys on one node of a cluster; braces and colons of an app id would change what the tag is.
  const tag = `bankcard-ocr:{${appId.replace(/[^\w.-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)}}`;
  return {
    /** Hash: `write_id` and `record`, the JSON of a `TicketRecord` whose timestamps are by the clock of Redis. */
    record: `${tag}:record`,
    /** String: the id of the current lease; it expires when its holder no longer renews it. */
    lease: `${tag}:lease`,
    /** What could not be read as a record, for a day. */
    damaged: `${tag}:damaged`,
    /** What is tried at the start begins with this; nothing stays there. */
    probe: `${tag}:probe`,
    /** The revision of every record that is written is published here. */
    channel: `${channelPrefix}${tag}:changed`,
  };
}

/**
 * Damaged is a hash whose `write_id` is not the record's, or that is no UTF-8: no write could ever replace it. `seen`
 * is for setting exactly this aside. @param askedAtMs by the clock to which timestamps are translated
 */
export function readStored(
  reply: unknown,
  askedAtMs: number,
): { readonly content: StoreContent; readonly seen: string } {
  const [redisNowMs, text, writeId, seen] = reply as [number, string | null, string | null, string];
  if (seen === '') return { content: { kind: 'nothing' }, seen };
  const record = typeof text === 'string' ? parseTicketRecord(text) : undefined;
  // As the script makes it of the bytes: it differs when these could not be decoded.
  const fingerprint = createHash('sha1').update(`${writeId ?? ''}\n${text ?? ''}`);
  const isWhole = record?.writeId === writeId && seen === fingerprint.digest('hex');
  if (!record || !isWhole) return { content: { kind: 'damaged' }, seen };
  return { content: { kind: 'record', record: shiftTimestamps(record, askedAtMs - redisNowMs) }, seen };
}
