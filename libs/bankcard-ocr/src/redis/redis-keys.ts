import { createHash } from 'node:crypto';
import { parseTicketRecord } from '../credentials/ticket-record.codec.js';
import type { TicketRecord } from '../credentials/ticket-record.js';

/** The keys and the channel of one app id. The braces make all keys of it live on one node of a cluster. */
export interface RedisKeys {
  /** Hash: `write_id` and `record`, the JSON of a {@link TicketRecord} whose moments are by the clock of Redis. */
  readonly record: string;
  /** String: the id of the lease that is held; it expires when its holder is dead. */
  readonly lease: string;
  /** What could not be read as a record, for a day. */
  readonly damaged: string;
  /** The start tries on names that begin with this whether all that is needed is allowed; nothing stays there. */
  readonly probe: string;
  /** The revision of every record that is written is published here. */
  readonly channel: string;
}

/** @param channelPrefix the prefix that the client puts before keys, but not before channels */
export function redisKeysFor(appId: string, channelPrefix: string): RedisKeys {
  // Braces and colons of an app id would change what the tag is.
  const tag = `bankcard-ocr:{${appId.replace(/[^\w.-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)}}`;
  return {
    record: `${tag}:record`,
    lease: `${tag}:lease`,
    damaged: `${tag}:damaged`,
    probe: `${tag}:probe`,
    channel: `${channelPrefix}${tag}:changed`,
  };
}

/** What stands under the key of the record. */
export type StoredRecord =
  | { readonly kind: 'nothing' }
  /** No record, or none that can be written over; `seen` is for setting exactly this aside. */
  | { readonly kind: 'damaged'; readonly seen: string }
  /** Its moments are by the clock of Redis. */
  | { readonly kind: 'record'; readonly record: TicketRecord };

/**
 * Read what the script `READ` gave. A hash without `record` or without `write_id`, with a write id that is not the
 * record's, or with bytes that are no UTF-8 is damaged: nobody could ever write over it, because a write compares the
 * write id.
 *
 * @throws {@link RecordOfAnotherVersion}
 */
export function readStored(answer: unknown): { readonly redisNowMs: number; readonly stored: StoredRecord } {
  const [redisNowMs, text, writeId, seen] = answer as [number, string | null, string | null, string];
  if (seen === '') return { redisNowMs, stored: { kind: 'nothing' } };
  const record = typeof text === 'string' ? parseTicketRecord(text) : undefined;
  const isWhole = record?.writeId === writeId && seen === fingerprintOf(writeId, text);
  return { redisNowMs, stored: record && isWhole ? { kind: 'record', record } : { kind: 'damaged', seen } };
}

/** As the script makes it of the bytes: it differs when these could not be decoded. */
function fingerprintOf(writeId: string | null | undefined, text: string | null): string {
  return createHash('sha1')
    .update(`${writeId ?? ''}\n${text ?? ''}`)
    .digest('hex');
}
