import type { Clock } from '../runtime/clock.js';
import type { Credentials } from '../credentials/credentials.js';
import type { TicketService } from '../credentials/ticket.service.js';
import { BankCardOcrError, detailsOf, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { type VendorCodeOverrides, type RetryRule, vendorCodeRule } from '../errors/vendor-codes.js';
import { backoffMs, type Random } from '../runtime/random.js';
import { sleep } from '../runtime/abort.js';
import type { Deadline } from './deadline.js';

const FIRST_PAUSE_MS = 200;
/** Tencent counts requests by the second. */
const FIRST_PAUSE_OVER_LIMIT_MS = 1_000;
const LONGEST_PAUSE_MS = 4_000;
/** A result may still be on its way into Tencent's storage: it is queried once more after this. */
const BRIEF_PAUSE_MS = 500;

type Attempt<T> = (credentials: Credentials, attempt: number) => Promise<T>;

interface RetryDependencies {
  readonly tickets: TicketService;
  readonly clock: Clock;
  readonly vendorCodeOverrides: VendorCodeOverrides;
  readonly random?: Random;
}

export interface RetryLimits {
  readonly deadline: Deadline;
  readonly maxAttempts: number;
  /** False for a failure after which nothing may be sent again, except with other credentials. */
  readonly mayRepeat?: (failure: BankCardOcrError) => boolean;
  readonly onFailure?: (failure: BankCardOcrError) => void;
}

/**
 * Retry one request: rejected credentials once with others, Tencent's faults and limits with growing pauses.
 * @throws the last vendor response, a time-out only when there was none, the caller's own reason when it stops
 */
export function retry<T>(attempt: Attempt<T>, dependencies: RetryDependencies, limits: RetryLimits): Promise<T> {
  const credentials = dependencies.tickets.fresh();
  const loop = () => new RetryLoop(attempt, dependencies, limits);
  if (!credentials) return loop().run();
  // Nearly every call ends here, and makes no loop.
  return attempt(credentials, 1).catch((error: unknown) => loop().goOn(error, credentials));
}

class RetryLoop<T> {
  #renewed = false;
  #count = 0;
  #repeatedOnce = false;
  #lastResponse: BankCardOcrError | undefined;

  constructor(
    private readonly attempt: Attempt<T>,
    private readonly dependencies: RetryDependencies,
    private readonly limits: RetryLimits,
  ) {}

  async run(): Promise<T> {
    const { tickets } = this.dependencies;
    for (;;) {
      let credentials: Credentials | undefined;
      try {
        credentials = tickets.fresh() ?? (await tickets.getCredentials(this.limits.deadline.signal));
        const result = await this.attempt(credentials, this.#count + (this.#renewed ? 2 : 1));
        if (this.#renewed) tickets.report(credentials);
        return result;
      } catch (error) {
        await this.#recover(error, credentials);
      }
    }
  }

  async goOn(error: unknown, credentials: Credentials): Promise<T> {
    await this.#recover(error, credentials);
    return this.run();
  }

  async #recover(error: unknown, credentials: Credentials | undefined): Promise<void> {
    const { tickets, clock, vendorCodeOverrides, random } = this.dependencies;
    if (isOfPolicy(error)) {
      if (this.#renewed && credentials) tickets.report(credentials);
      throw error;
    }
    const { deadline, maxAttempts, mayRepeat, onFailure } = this.limits;
    let failure = failureOf(error, deadline, this.#lastResponse);
    onFailure?.(failure);
    const rule = ruleFor(failure, vendorCodeOverrides);
    if (rule === 'refresh-credentials' && credentials) {
      const notRenewed = await this.#renew(failure, credentials);
      if (!notRenewed) return;
      failure = notRenewed;
    }

    if (mayRepeat && !mayRepeat(failure)) throw failure;
    this.#count += 1;
    if (isResponse(failure)) this.#lastResponse = failure;
    const pauseMs = pauseBefore(failure, rule, this.#count, random);
    const hopeless = !failure.retryable || (rule === 'once' && this.#repeatedOnce);
    if (hopeless || this.#count >= maxAttempts || pauseMs >= deadline.remainingMs) throw this.#lastResponse ?? failure;
    this.#repeatedOnce ||= rule === 'once';
    await sleep(clock, pauseMs, deadline.signal).catch((interruption: unknown) => {
      throw failureOf(interruption, deadline, this.#lastResponse ?? failure);
    });
  }

  /** @returns why rejected credentials could not be replaced. @throws what ends the loop */
  async #renew(failure: BankCardOcrError, credentials: Credentials): Promise<BankCardOcrError | undefined> {
    const { tickets } = this.dependencies;
    const { deadline } = this.limits;
    if (this.#renewed) {
      tickets.report(credentials, failure);
      throw finalRejection(failure);
    }
    try {
      this.#renewed = (await tickets.replaceRejected(credentials, failure, deadline.signal)) !== undefined;
    } catch (error) {
      return failureOf(error, deadline, failure);
    }
    if (!this.#renewed) throw failure;
    return undefined;
  }
}

/** Tencent has sent the card: the application's policy rejects it, or has failed. Sending again changes neither. */
export function isOfPolicy(error: unknown): error is BankCardOcrError {
  if (!isBankCardOcrError(error)) return false;
  return error.code === 'CARD_REJECTED' || (error.code === 'INVALID_ARGUMENT' && error.vendorCode === undefined);
}

/** @throws what ends the loop at once: the caller's reason, the end of the time, a bug */
function failureOf(error: unknown, deadline: Deadline, lastResponse: BankCardOcrError | undefined): BankCardOcrError {
  deadline.throwIfCallerAborted();
  if (!isBankCardOcrError(error)) throw error;
  if (deadline.aborted) throw lastResponse ?? error;
  return error;
}

function ruleFor(
  { code, vendorCode }: BankCardOcrError,
  vendorCodeOverrides: VendorCodeOverrides,
): RetryRule | undefined {
  // Its vendor code is that of the failed refresh, not of the query.
  if (code === 'NO_VALID_TICKET' || vendorCode === undefined) return undefined;
  return vendorCodeRule(vendorCode, vendorCodeOverrides).retry;
}

/** Rejected again with other credentials, by a code that may mean a wrong request: repeating does not help. */
export function finalRejection(failure: BankCardOcrError): BankCardOcrError {
  if (failure.actor !== 'developer') return failure;
  return new BankCardOcrError(failure.code, { ...detailsOf(failure), retryable: false, cause: undefined });
}

function isResponse({ code }: BankCardOcrError): boolean {
  return code !== 'TIMEOUT' && code !== 'UNREACHABLE' && code !== 'NO_VALID_TICKET';
}

function pauseBefore(
  { code, retryAfterMs }: BankCardOcrError,
  rule: RetryRule | undefined,
  failures: number,
  random: Random | undefined,
): number {
  if (rule === 'once') return BRIEF_PAUSE_MS;
  const firstMs = code === 'RATE_LIMITED' ? FIRST_PAUSE_OVER_LIMIT_MS : FIRST_PAUSE_MS;
  return Math.max(retryAfterMs ?? 0, backoffMs(failures, firstMs, LONGEST_PAUSE_MS, random));
}
