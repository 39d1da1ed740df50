import type { Deadline } from '../call/deadline.js';
import { BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { sleep } from '../runtime/abort.js';
import type { Clock, ClockTimer } from '../runtime/clock.js';
import { Semaphore } from '../runtime/semaphore.js';
import { isOutcomeUncertain } from '../vendor/http/transport-error.js';

/** Tencent issues a user one NONCE ticket in this time (protocol.md section 5). */
const INTERVAL_MS = 2_000;

interface UserQueue {
  readonly semaphore: Semaphore;
  calls: number;
  /** Before this time of the monotonic clock Tencent issues no further ticket. */
  freeAt: number;
  /** The failure of the request from which {@link freeAt} counts. */
  failure?: BankCardOcrError | undefined;
  expiry?: ClockTimer | undefined;
}

/** Keeps the launches of one user two seconds apart, in this process, without slowing those of other users. */
export class PerUserThrottle {
  readonly #users = new Map<string, UserQueue>();

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.#users.size;
  }

  /** @param call sends its requests through the function it gets. @throws {@link BankCardOcrError} `RATE_LIMITED` */
  async inTurn<T>(
    userId: string,
    deadline: Deadline,
    call: (ask: <R>(request: () => Promise<R>) => Promise<R>) => Promise<T>,
  ): Promise<T> {
    const user: UserQueue = this.#users.get(userId) ?? { semaphore: new Semaphore(1), calls: 0, freeAt: -Infinity };
    this.#users.set(userId, user);
    const waitMs = this.#waitMs(user, user.calls);
    if (waitMs > 0 && waitMs >= deadline.remainingMs) throw launchTooSoon(waitMs, user.failure);
    user.calls += 1;
    try {
      await user.semaphore.acquire(deadline, false)?.catch(() => {
        deadline.throwIfCallerAborted();
        // The calls in front took longer than expected; a call that returns queues behind all others.
        throw launchTooSoon(this.#waitMs(user, user.calls - 1), user.failure);
      });
      try {
        // Here too: a caller waits before it takes credentials, which may expire meanwhile.
        await this.#untilFree(user, deadline);
        return await call((request) => this.#send(user, deadline, request));
      } finally {
        user.semaphore.release();
      }
    } finally {
      user.calls -= 1;
      this.#forget(userId, user);
    }
  }

  #forget(userId: string, user: UserQueue): void {
    if (user.calls > 0 || user.expiry) return;
    const leftMs = this.#leftMs(user);
    if (leftMs <= 0) return void this.#users.delete(userId);
    user.expiry = this.clock.setTimer(() => {
      user.expiry = undefined;
      this.#forget(userId, user);
    }, leftMs);
  }

  async #send<T>(user: UserQueue, deadline: Deadline, request: () => Promise<T>): Promise<T> {
    await this.#untilFree(user, deadline);
    // Counted from the response: Tencent issued the ticket some time before.
    const keepApart = (failure?: BankCardOcrError) => {
      user.freeAt = this.clock.monotonic() + INTERVAL_MS;
      user.failure = failure;
    };
    try {
      const result = await request();
      keepApart();
      return result;
    } catch (error) {
      if (mayHaveGivenATicket(error)) keepApart(isBankCardOcrError(error) ? error : undefined);
      throw error;
    }
  }

  async #untilFree(user: UserQueue, deadline: Deadline): Promise<void> {
    // After the pause another call may have been given a ticket.
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
    return Math.max(this.#leftMs(user), 0) + callsInFront * INTERVAL_MS;
  }
}

function launchTooSoon(waitMs: number, cause: unknown): BankCardOcrError {
  const retryAfterMs = Math.ceil(waitMs);
  return new BankCardOcrError('RATE_LIMITED', {
    message: `one NONCE ticket in 2 s for a user: this launch would wait ${retryAfterMs} ms, longer than timeoutMs allows`,
    messageZh: `同一用户 2 秒内只能发起一次，请在 ${retryAfterMs} 毫秒后重试`,
    retryAfterMs,
    cause,
  });
}

/** After "too frequent" another request got the ticket. Being wrong about it costs the user two seconds. */
export function mayHaveGivenATicket(error: unknown): boolean {
  const tooFrequent = isBankCardOcrError(error) && error.vendorCode !== undefined && error.retryAfterMs !== undefined;
  return tooFrequent || isOutcomeUncertain(error);
}
