import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable, Optional } from '@nestjs/common';

/** How long to go on serving after a signal, in milliseconds; an injection token. */
export const SHUTDOWN_DELAY_MS = Symbol('SHUTDOWN_DELAY_MS');

/** After a signal the readiness check fails first. Load balancers take the instance away, and only then does the server close. */
@Injectable()
export class ShutdownNotice implements BeforeApplicationShutdown {
  #isStopping = false;

  constructor(@Optional() @Inject(SHUTDOWN_DELAY_MS) private readonly delayMs = 0) {}

  /** Whether this instance is about to end. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  async beforeApplicationShutdown(signal?: string): Promise<void> {
    this.#isStopping = true;
    // A program that closes the application has taken it away already.
    if (signal !== undefined) await sleep(this.delayMs);
  }
}
