import type { Clock } from '../runtime/clock.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { CLOCK_STEP_MS } from './freshness.js';
import type { TicketRecord } from './ticket-record.js';
import type { RefreshTimings } from './timings.js';

/** A refresh failed, here or in another process, and nobody may try again for a while. */
export class RefreshFailed extends Error {
  override name = 'RefreshFailed';

  constructor(
    readonly error: BankCardOcrError,
    /** Failures in a row, of all processes together. */
    readonly attempts: number,
    readonly retryInMs: number,
    /** It failed in another process, for a reason that this one has not seen. */
    readonly elsewhere = false,
  ) {
    super(error.message, { cause: error });
  }
}

/** Timers and clocks round: so little is left when a pause is over. */
const ROUNDING_MS = 5;

/**
 * What to wait for when another process has failed a moment ago: without one back-off for all, ten processes would ask a
 * vendor in trouble ten times as often.
 */
export function failureOfOthers(
  record: TicketRecord | undefined,
  clock: Clock,
  { longestDeveloperRetryMs }: RefreshTimings,
): RefreshFailed | undefined {
  if (!record?.failed) return undefined;
  const { attempts, retryAtMs, pauseMs = longestDeveloperRetryMs } = record.failed;
  const remainingMs = retryAtMs - clock.now();
  // A moment further off than the pause was long was written by a clock that has been set back since.
  if (remainingMs <= ROUNDING_MS || remainingMs > pauseMs + CLOCK_STEP_MS) return undefined;
  const message = `the refresh has failed ${attempts} times, in another process too; the next try is not due yet`;
  return new RefreshFailed(new BankCardOcrError('NO_VALID_TICKET', { message }), attempts, remainingMs, true);
}
