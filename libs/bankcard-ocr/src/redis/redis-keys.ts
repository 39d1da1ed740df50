import { createHash } from 'node:crypto';
import { parseTicketRecord } from '../credentials/ticket-record.codec.js';
import type { TicketRecord } from '../credentials/ticket-record.js';

/** The keys and the channel of one app id. */
export type RedisKeys = Readonly<ReturnType<typeof redisKeysFor>>;

/** @param channelPrefix the prefix that the client puts before keys, but not before channels */
export function redisKeysFor(appId: string, channelPrefix: string) {
  // The braces keep all keys on one node of a cluster; braces and colons of an app id would change what the tag is.
  const tag = `bankcard-ocr:{${appId.replace(/[^\w.-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)}}`;
  return {
    /** Hash: `write_id` and `record`, the JSON of a {@link TicketRecord} whose timestamps are by the clock of Redis. */
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

export type StoredRecord =
  | { readonly kind: 'nothing' }
  /** `seen` is for setting exactly this aside. */
  | { readonly kind: 'damaged'; readonly seen: string }
  /** Its timestamps are by the clock of Redis. */
  | { readonly kind: 'record'; readonly record: TicketRecord };

/**
 * Read what the script `READ` returned. A hash whose `write_id` is not the record's, or with bytes that are no UTF-8, is
 * damaged: a write, which compares the write id, could never replace it.
 */
export function readStored(reply: unknown): { readonly redisNowMs: number; readonly stored: StoredRecord } {
  const [redisNowMs, text, writeId, seen] = reply as [number, string | null, string | null, string];
  if (seen === '') return { redisNowMs, stored: { kind: 'nothing' } };
  const record = typeof text === 'string' ? parseTicketRecord(text) : undefined;
  // As the script makes it of the bytes: it differs when these could not be decoded.
  const fingerprint = createHash('sha1').update(`${writeId ?? ''}\n${text ?? ''}`);
  const isWhole = record?.writeId === writeId && seen === fingerprint.digest('hex');
  return { redisNowMs, stored: record && isWhole ? { kind: 'record', record } : { kind: 'damaged', seen } };
}
