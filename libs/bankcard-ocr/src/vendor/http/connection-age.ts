import { type Clock, SystemClock } from '../../runtime/clock.js';
import type { ConnectionOptions } from './connection-options.js';

/** While every answer shows a wrong server, connections are not made for each request. */
const LEAST_PAUSE_MS = 1_000;

/** How long the connections that a transport keeps have been in use, and when others take their place. */
export class ConnectionAge {
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  #since: number;
  #droppedAt: number | undefined;

  constructor({ clock = new SystemClock(), maxConnectionAgeMs = Infinity }: ConnectionOptions) {
    this.#clock = clock;
    this.#maxAgeMs = maxConnectionAgeMs;
    this.#since = clock.monotonic();
  }

  /** Whether they are too old; they are new then. */
  takeOver(): boolean {
    const now = this.#clock.monotonic();
    if (now - this.#since < this.#maxAgeMs) return false;
    this.#since = now;
    return true;
  }

  /** Whether they may be dropped before their time; they are new then. */
  takeDrop(): boolean {
    const now = this.#clock.monotonic();
    if (this.#droppedAt !== undefined && now - this.#droppedAt < LEAST_PAUSE_MS) return false;
    this.#droppedAt = now;
    this.#since = now;
    return true;
  }
}
