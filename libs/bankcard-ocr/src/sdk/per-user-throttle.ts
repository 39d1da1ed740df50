import type { Deadline } from '../call/deadline.js';
import { BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { sleep } from '../runtime/abort.js';
import type { Clock } from '../runtime/clock.js';
import { Semaphore } from '../runtime/semaphore.js';
import { isOutcomeUncertain } from '../vendor/http/transport-error.js';

/** Tencent issues a user one NONCE ticket in this time (protocol.md section 5). */
const INTERVAL_MS = 2_000;

interface UserQueue {
  readonly semaphore: Semaphore;
  calls: number;
  /** Before this time of the monotonic clock Tencent issues no further ticket. */
  freeAt: number;
}

/** Keeps the requests for one user two seconds apart, in this process, without slowing those of other users. */
export class PerUserThrottle {
  readonly #users = new Map<string, UserQueue>();

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.#users.size;
  }

  /** @throws {@link BankCardOcrError} `RATE_LIMITED` when the time of the call ends before its turn comes */
  async inTurn<T>(userId: string, deadline: Deadline, request: () => Promise<T>): Promise<T> {
    const user: UserQueue = this.#users.get(userId) ?? { semaphore: new Semaphore(1), calls: 0, freeAt: -Infinity };
    this.#users.set(userId, user);
    const refuse = (callsInFront: number) => {
      const waitMs = this.#waitMs(user, callsInFront);
      if (waitMs > 0 && waitMs >= deadline.remainingMs) throw launchTooSoon(waitMs);
      return waitMs;
    };
    refuse(user.calls);
    user.calls += 1;
    try {
      await user.semaphore.acquire(deadline, false)?.catch(() => {
        deadline.throwIfCallerAborted();
        // The calls in front took longer than expected; a call that returns queues behind all others.
        throw launchTooSoon(this.#waitMs(user, user.calls - 1));
      });
      try {
        const waitMs = refuse(0);
        if (waitMs > 0) await sleep(this.clock, waitMs, deadline.signal);
        return await this.#send(user, request);
      } finally {
        user.semaphore.release();
      }
    } finally {
      user.calls -= 1;
      this.clock.setTimer(() => this.#forget(userId), this.#waitMs(user, 0));
    }
  }

  async #send<T>(user: UserQueue, request: () => Promise<T>): Promise<T> {
    let hasTicket = true;
    try {
      return await request();
    } catch (error) {
      hasTicket = mayHaveGivenATicket(error);
      throw error;
    } finally {
      // Counted from the response: Tencent issued the ticket some time before.
      if (hasTicket) user.freeAt = this.clock.monotonic() + INTERVAL_MS;
    }
  }

  #forget(userId: string): void {
    const user = this.#users.get(userId);
    if (user?.calls === 0 && this.#waitMs(user, 0) === 0) this.#users.delete(userId);
  }

  /** How long until the turn of a call with so many in front of it, if those are given their tickets. */
  #waitMs({ freeAt }: UserQueue, callsInFront: number): number {
    return Math.max(freeAt - this.clock.monotonic(), 0) + callsInFront * INTERVAL_MS;
  }
}

function launchTooSoon(waitMs: number): BankCardOcrError {
  const retryAfterMs = Math.ceil(waitMs);
  return new BankCardOcrError('RATE_LIMITED', {
    message: `one NONCE ticket in 2 s for a user: this launch would wait ${retryAfterMs} ms, longer than timeoutMs allows`,
    messageZh: `同一用户 2 秒内只能发起一次，请在 ${retryAfterMs} 毫秒后重试`,
    retryAfterMs,
  });
}

/** After "too frequent" another request got the ticket. Being wrong about it costs the user two seconds. */
export function mayHaveGivenATicket(error: unknown): boolean {
  const tooFrequent = isBankCardOcrError(error) && error.vendorCode !== undefined && error.retryAfterMs !== undefined;
  return tooFrequent || isOutcomeUncertain(error);
}
