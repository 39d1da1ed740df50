import { timingsFor } from '../../credentials/timings.js';
import type { TicketLease } from '../../credentials/store/ticket-store.js';
import { DEFAULTS } from '../../options/defaults.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { pause } from '../../waiting.js';
import { type Finding, findingsOf } from '../doctor/finding.js';
import { text } from '../text.js';

const finding = findingsOf('store');
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
  facts: Finding['facts'],
): Promise<Finding> {
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
    await pause(clock, leasePollMs, new AbortController().signal);
  }
  return finding('warn', text('can be read and written; somebody holds the lease', '可读、可写；锁正被别的进程持有'), {
    facts: { ...facts, leased: false },
    todo: text('Run this again: a refresh takes seconds', '请稍后再试：一次刷新只需几秒'),
  });
}
