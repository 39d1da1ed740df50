import { createHash } from 'node:crypto';
import { parseTicketRecord } from '../credentials/ticket-record.codec.js';
import type { TicketRecord } from '../credentials/ticket-record.js';

/** What stands under the key of the record. */
type StoredRecord =
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
