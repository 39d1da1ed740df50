import { backoffMs } from '../runtime/random.js';
import { BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { redactVendorText } from '../errors/redaction.js';
import type { Random } from '../runtime/random.js';
import type { CredentialContext } from './credential-context.js';
import type { RefreshRequest } from './refresh-plan.js';
import type { RefreshTimings } from './timings.js';

export class RefreshCooldownError extends BankCardOcrError {
  constructor(retryAfterMs: number) {
    const apart = 'two forced refreshes must be one overlap (ticketOverlapMs) apart';
    super('RATE_LIMITED', { message: `${apart}: each invalidates what other processes use`, retryAfterMs });
  }
}

/** A refresh failed, and no process may retry before the backoff is over. */
export class RefreshFailed extends Error {
  override name = 'RefreshFailed';

  constructor(
    readonly error: BankCardOcrError,
    readonly attempts: number,
    readonly retryInMs: number,
    /** In another process, for a reason unknown here. */
    readonly elsewhere = false,
  ) {
    super(error.message, { cause: error });
  }
}

interface RefreshFailure {
  readonly error: BankCardOcrError;
  readonly request: Pick<RefreshRequest, 'reason' | 'replaces' | 'attempt'>;
  /** On the monotonic clock. */
  readonly retryAt: number;
  readonly lastOfOurs: BankCardOcrError | undefined;
}

export class RefreshFailures {
  last: RefreshFailure | undefined;

  constructor(private readonly context: Pick<CredentialContext, 'clock' | 'timings' | 'emit' | 'random'>) {}

  get pauseMs(): number {
    return this.last ? Math.max(0, this.last.retryAt - this.context.clock.monotonic()) : 0;
  }

  clear(): void {
    this.last = undefined;
  }

  note(thrown: unknown, { reason, replaces, attempt }: RefreshFailure['request']): void {
    const { clock, timings, emit, random } = this.context;
    const failed = thrown instanceof RefreshFailed ? thrown : undefined;
    const { error = unexpected(thrown), attempts = attempt, elsewhere = false } = failed ?? {};
    const retryInMs = failed?.retryInMs ?? pauseAfter(error, attempts, timings, random);
    const before = this.last?.lastOfOurs;
    const isSameFault = before?.code === error.code && before.vendorCode === error.vendorCode;
    const repeated = elsewhere ? this.last !== undefined : isSameFault;
    const lastOfOurs = elsewhere ? before : error;
    const request = { reason, replaces, attempt: attempts };
    this.last = { error, request, retryAt: clock.monotonic() + retryInMs, lastOfOurs };
    emit({ type: 'refresh-failed', reason, attempt: attempts, error, retryInMs: Math.round(retryInMs), repeated });
  }

  toError(): BankCardOcrError {
    const { error: cause } = this.last ?? {};
    const { actor, vendorCode, vendorMessage, bizSeqNo } = cause ?? {};
    const message = cause && `no valid SIGN ticket is available: ${cause.message}`;
    const retryAfterMs = Math.ceil(this.pauseMs);
    const details = { message, actor, vendorCode, vendorMessage, bizSeqNo, retryAfterMs, cause };
    return new BankCardOcrError('NO_VALID_TICKET', details);
  }
}

/** An unexpected error is repeated without possible secrets; the original is not passed on. */
function unexpected(thrown: unknown): BankCardOcrError {
  if (isBankCardOcrError(thrown)) return thrown;
  const { name, message, code } = (thrown ?? {}) as Partial<NodeJS.ErrnoException>;
  const words = redactVendorText(String(message ?? thrown).replace(/\?\S*/g, '?[redacted]'));
  const what = `${/^\w{1,40}$/.test(name ?? '') ? name : 'Error'}: ${words}`;
  return new BankCardOcrError('NO_VALID_TICKET', {
    message: `the refresh failed inside this library: ${what}`,
    cause: Object.assign(new Error(words), { name, code }),
  });
}

/** The backoff in milliseconds after so many consecutive failures; longer when the error says so. */
export function pauseAfter(error: BankCardOcrError, attempts: number, timings: RefreshTimings, random: Random): number {
  const { firstRetryMs, longestRetryMs, longestDeveloperRetryMs } = timings;
  const { code, actor } = error;
  // The configuration, a privilege or a contract has to change first.
  const isLasting = actor === 'developer' || actor === 'business' || code === 'CREDENTIALS_REJECTED';
  const longestMs = isLasting ? longestDeveloperRetryMs : longestRetryMs;
  const pauseMs = backoffMs(attempts, firstRetryMs, longestMs, random);
  return Math.max(pauseMs, Math.min(error.retryAfterMs ?? 0, longestDeveloperRetryMs));
}
