import { backoffMs } from '../runtime/backoff.js';
import type { Clock } from '../runtime/clock.js';
import { BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { redactVendorText } from '../errors/redaction.js';
import { type Random, SYSTEM_RANDOM } from '../runtime/random.js';
import type { RefreshRequest } from './refresh-plan.js';
import type { TicketEventListener } from './ticket-event.js';
import type { RefreshTimings } from './timings.js';

/** A forced refresh was wanted less than one overlap after the last one. */
export class RefreshCooldownError extends BankCardOcrError {
  constructor(retryAfterMs: number) {
    super('RATE_LIMITED', {
      message:
        'two forced refreshes must stand one overlap (ticketOverlapMs) apart: the vendor ends what others still use',
      retryAfterMs,
    });
  }
}

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

/** A refresh that failed, and when to try again. */
interface RefreshFailure {
  readonly error: BankCardOcrError;
  readonly request: Pick<RefreshRequest, 'reason' | 'replaces' | 'attempt'>;
  /** Moment of the monotonic clock, in milliseconds. */
  readonly retryAt: number;
  /** The last failure that this process has seen itself. */
  readonly lastOfOurs: BankCardOcrError | undefined;
}

/** Remembers the last failed refresh until one succeeds, and decides the pause before the next. */
export class RefreshFailures {
  #last: RefreshFailure | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly timings: RefreshTimings,
    private readonly emit: TicketEventListener,
    private readonly random: Random = SYSTEM_RANDOM,
  ) {}

  get last(): RefreshFailure | undefined {
    return this.#last;
  }

  /** How long until the next attempt is allowed; 0 when it is now. */
  get pauseMs(): number {
    return this.#last ? Math.max(0, this.#last.retryAt - this.clock.monotonic()) : 0;
  }

  clear(): void {
    this.#last = undefined;
  }

  note(thrown: unknown, { reason, replaces, attempt }: RefreshFailure['request']): void {
    const { error, attempts, retryInMs } = this.#failed(thrown, attempt);
    const isElsewhere = thrown instanceof RefreshFailed && thrown.elsewhere;
    const repeated = isElsewhere ? this.#last !== undefined : isSameFault(error, this.#last?.lastOfOurs);
    const lastOfOurs = isElsewhere ? this.#last?.lastOfOurs : error;
    const request = { reason, replaces, attempt: attempts };
    this.#last = { error, request, retryAt: this.clock.monotonic() + retryInMs, lastOfOurs };
    this.emit({ type: 'refresh-failed', reason, attempt: attempts, error, retryInMs: Math.round(retryInMs), repeated });
  }

  #failed(thrown: unknown, attempt: number): Pick<RefreshFailed, 'error' | 'attempts' | 'retryInMs'> {
    if (thrown instanceof RefreshFailed) return thrown;
    const error = isBankCardOcrError(thrown) ? thrown : unexpected(thrown);
    return { error, attempts: attempt, retryInMs: pauseAfter(error, attempt, this.timings, this.random) };
  }

  /** What a caller is told who needs credentials while there are none. */
  toError(): BankCardOcrError {
    const cause = this.#last?.error;
    return new BankCardOcrError('NO_VALID_TICKET', {
      message: cause ? `no valid SIGN ticket could be had: ${cause.message}` : undefined,
      actor: cause?.actor,
      vendorCode: cause?.vendorCode,
      vendorMessage: cause?.vendorMessage,
      bizSeqNo: cause?.bizSeqNo,
      retryAfterMs: Math.ceil(this.pauseMs),
      cause,
    });
  }
}

/** What nobody has foreseen. Its words are told, without what may be secret in them; the original is not handed on. */
function unexpected(thrown: unknown): BankCardOcrError {
  const { name, message, code } = (thrown ?? {}) as Partial<NodeJS.ErrnoException>;
  const words = redactVendorText(String(message ?? thrown).replace(/\?\S*/g, '?[redacted]'));
  const what = `${/^\w{1,40}$/.test(name ?? '') ? name : 'Error'}: ${words}`;
  return new BankCardOcrError('NO_VALID_TICKET', {
    message: `the refresh failed inside this library: ${what}`,
    cause: Object.assign(new Error(words), { name, code }),
  });
}

function isSameFault({ code, vendorCode }: BankCardOcrError, last: BankCardOcrError | undefined): boolean {
  return last?.code === code && last.vendorCode === vendorCode;
}

/** How long nobody asks again, in milliseconds, after so many failures in a row; longer when the error says so. */
export function pauseAfter(error: BankCardOcrError, attempts: number, timings: RefreshTimings, random: Random): number {
  const { firstRetryMs, longestRetryMs, longestDeveloperRetryMs } = timings;
  const pauseMs = backoffMs(
    attempts,
    firstRetryMs,
    mustBeMended(error) ? longestDeveloperRetryMs : longestRetryMs,
    random,
  );
  return Math.max(pauseMs, Math.min(error.retryAfterMs ?? 0, longestDeveloperRetryMs));
}

/** Whether asking again soon is pointless: somebody has to change the configuration, a privilege or a contract. */
function mustBeMended({ code, actor }: BankCardOcrError): boolean {
  return actor === 'developer' || actor === 'business' || code === 'CREDENTIALS_REJECTED';
}
