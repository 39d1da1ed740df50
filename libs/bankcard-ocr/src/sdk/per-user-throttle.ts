import type { Deadline } from '../call/deadline.js';
import { BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { sleep } from '../runtime/abort.js';
import type { Clock, ClockTimer } from '../runtime/clock.js';
import { Semaphore } from '../runtime/semaphore.js';
import { isOutcomeUncertain } from '../vendor/http/transport-error.js';

/** The vendor gives a user one NONCE ticket in this time (protocol.md section 5). */
const SPACING_MS = 2_000;

/** Sends one request for a NONCE ticket, as soon as the user may have one. */
type SpacedRequest = <T>(request: () => Promise<T>) => Promise<T>;

interface UserQueue {
  /** Lets one call through at a time. */
  readonly gate: Semaphore;
  /** The calls at the gate and behind it. */
  calls: number;
  /** Before this moment of the monotonic clock the vendor gives no further ticket. */
  freeAt: number;
  /** How the request failed from which {@link freeAt} counts; undefined when it gave a ticket. */
  failure: BankCardOcrError | undefined;
  forgetting: ClockTimer | undefined;
}

/**
 * Keeps the launches of one user two seconds apart, in this process, without slowing those of anybody else. A user is
 * forgotten as soon as there is nothing to wait for.
 */
export class PerUserThrottle {
  readonly #users = new Map<string, UserQueue>();

  constructor(private readonly clock: Clock) {}

  /** How many users are remembered. */
  get size(): number {
    return this.#users.size;
  }

  /**
   * Make a call when it is this user's turn and the vendor will give a ticket.
   *
   * @param call sends its requests, the repeated ones too, through what it is handed
   * @throws {@link BankCardOcrError} `RATE_LIMITED` when that would be too late for `deadline`
   */
  async inTurn<T>(userId: string, deadline: Deadline, call: (ask: SpacedRequest) => Promise<T>): Promise<T> {
    const user = this.#users.get(userId) ?? this.#remember(userId);
    const waitMs = this.#waitMs(user, user.calls);
    if (waitMs > 0 && waitMs >= deadline.remainingMs) throw launchTooSoon(waitMs, user.failure);
    user.calls += 1;
    try {
      const leave = await this.#enter(user, deadline);
      try {
        // Here and not only in front of the request: who waits does so before it is given credentials.
        await this.#untilFree(user, deadline);
        return await call((request) => this.#ask(user, deadline, request));
      } finally {
        leave();
      }
    } finally {
      user.calls -= 1;
      this.#forget(userId, user);
    }
  }

  #remember(userId: string): UserQueue {
    const user: UserQueue = {
      gate: new Semaphore(1),
      calls: 0,
      freeAt: Number.NEGATIVE_INFINITY,
      failure: undefined,
      forgetting: undefined,
    };
    this.#users.set(userId, user);
    return user;
  }

  #forget(userId: string, user: UserQueue): void {
    if (user.calls > 0 || user.forgetting) return;
    const leftMs = this.#leftMs(user);
    if (leftMs <= 0) {
      this.#users.delete(userId);
      return;
    }
    user.forgetting = this.clock.setTimer(() => {
      user.forgetting = undefined;
      this.#forget(userId, user);
    }, leftMs);
  }

  async #enter(user: UserQueue, deadline: Deadline): Promise<() => void> {
    try {
      await user.gate.acquire(deadline, false);
      return () => user.gate.release();
    } catch {
      deadline.throwIfCallerAborted();
      // Those in front took longer than they should have; who comes back stands behind all others.
      throw launchTooSoon(this.#waitMs(user, user.calls - 1), user.failure);
    }
  }

  async #ask<T>(user: UserQueue, deadline: Deadline, request: () => Promise<T>): Promise<T> {
    await this.#untilFree(user, deadline);
    try {
      const answer = await request();
      this.#space(user);
      return answer;
    } catch (error) {
      if (mayHaveGivenATicket(error)) this.#space(user, error);
      throw error;
    }
  }

  /** Counted from the answer: the vendor gave the ticket some time before. */
  #space(user: UserQueue, failure?: unknown): void {
    user.freeAt = this.clock.monotonic() + SPACING_MS;
    // The reason for which a caller has stopped is no business of the next one.
    user.failure = isBankCardOcrError(failure) ? failure : undefined;
  }

  async #untilFree(user: UserQueue, deadline: Deadline): Promise<void> {
    // A timer of the machine may fire a moment early.
    for (let leftMs = this.#leftMs(user); leftMs > 0; leftMs = this.#leftMs(user)) {
      if (leftMs >= deadline.remainingMs) throw launchTooSoon(leftMs, user.failure);
      await sleep(this.clock, leftMs, deadline.signal);
    }
  }

  #leftMs({ freeAt }: UserQueue): number {
    return freeAt - this.clock.monotonic();
  }

  /** How long until the turn of a call with so many in front of it, if those are given their tickets. */
  #waitMs(user: UserQueue, callsInFront: number): number {
    return Math.max(this.#leftMs(user), 0) + callsInFront * SPACING_MS;
  }
}

/**
 * The error for a launch whose user would have to wait longer than the call may take.
 *
 * @param waitMs until the vendor gives this user a ticket, in milliseconds
 * @param cause why the last request for this user gave none, when it failed
 */
function launchTooSoon(waitMs: number, cause?: unknown): BankCardOcrError {
  const retryAfterMs = Math.ceil(waitMs);
  return new BankCardOcrError('RATE_LIMITED', {
    message:
      `the vendor gives a user one NONCE ticket in 2 s: this launch would wait ${retryAfterMs} ms, ` +
      'which is longer than it may take (timeoutMs)',
    messageZh: `同一用户 2 秒内只能发起一次，请在 ${retryAfterMs} 毫秒后重试`,
    retryAfterMs,
    cause,
  });
}

/**
 * Whether the vendor may have given the user a NONCE ticket although the request failed; "too frequent" says that somebody
 * else was given one. Being wrong about it costs the user two seconds.
 */
export function mayHaveGivenATicket(error: unknown): boolean {
  const tooFrequent = isBankCardOcrError(error) && error.vendorCode !== undefined && error.retryAfterMs !== undefined;
  return tooFrequent || isOutcomeUncertain(error);
}
