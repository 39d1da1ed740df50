import { parseTicketRecord, RecordOfAnotherVersion } from '../../credentials/ticket-record.codec.js';
import type { TicketLease } from '../../credentials/store/ticket-store.js';
import type { TicketRecord } from '../../credentials/ticket-record.js';
import { timingsFor } from '../../credentials/timings.js';
import { DEFAULTS } from '../../options/defaults.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { sleep } from '../../runtime/abort.js';
import { type CheckResult, checkResultsOf } from '../doctor/check-result.js';
import { text } from '../text.js';

/** A look at the ticket store of the options, which changes no credentials. */
export interface StoreProbe {
  /** Whether the store can be used as the options want it. */
  tryAccess(): Promise<readonly CheckResult[]>;
  look(): Promise<StoreInspection>;
  close(): Promise<void>;
}

/** What stands in a store, looked at without changing anything: a damaged record is not even set aside. */
export type StoreInspection =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'damaged' }
  | { readonly kind: 'another-version' }
  /** `code` tells why. */
  | { readonly kind: 'unreadable'; readonly code: string }
  /** Its moments are by the clock of this process. It has secrets, sealed or in clear. */
  | { readonly kind: 'record'; readonly record: TicketRecord };

/** Look by reading a record; one of another version is left alone. */
export function lookBy(read: () => StoreInspection): StoreInspection {
  try {
    return read();
  } catch (error) {
    if (error instanceof RecordOfAnotherVersion) return { kind: 'another-version' };
    throw error;
  }
}

/** Read the bytes of a record. */
export function lookAtBytes(json: Uint8Array): StoreInspection {
  return lookBy(() => {
    const record = parseTicketRecord(json);
    return record ? { kind: 'record', record } : { kind: 'damaged' };
  });
}

const finding = checkResultsOf('store');
/**
 * Those of the vendor's overlap, whatever the options say: with a shorter one than the others have, a holder that lives
 * would be taken for dead.
 */
const { leaseTtlMs, leasePollMs } = timingsFor(DEFAULTS.refreshIntervalMs, DEFAULTS.ticketOverlapMs);

/**
 * Take the lease as whoever refreshes does, and give it back at once; a dead holder's has lapsed after its life.
 *
 * @param facts that are known of the store by now
 */
export async function leaseFinding(
  tryTake: (ttlMs: number) => Promise<TicketLease | undefined>,
  { clock }: Pick<ResolvedOptions, 'clock'>,
  facts: CheckResult['facts'],
): Promise<CheckResult> {
  const until = clock.monotonic() + leaseTtlMs * 1.5;
  for (;;) {
    const lease = await tryTake(leaseTtlMs);
    await lease?.release();
    if (lease) {
      return finding('ok', text('can be read, written and leased', '可读、可写、可加锁'), {
        facts: { ...facts, leased: true },
      });
    }
    if (clock.monotonic() >= until) break;
    await sleep(clock, leasePollMs, new AbortController().signal);
  }
  return finding('warn', text('can be read and written; somebody holds the lease', '可读、可写；锁正被别的进程持有'), {
    facts: { ...facts, leased: false },
    todo: text('Run this again: a refresh takes seconds', '请稍后再试：一次刷新只需几秒'),
  });
}
