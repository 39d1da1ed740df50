import { onNextTurn } from '../../runtime/clock.js';

/** Node.js reads up to 2 MB from one connection before it serves the next one; half a millisecond's work is a turn's share. */
const BYTES_IN_A_TURN = 256 * 1024;

/** What large responses may take of one turn together: ten at once would keep others waiting ten times as long. */
export class EventLoopShare {
  #used = 0;
  readonly #waiting: (() => void)[] = [];

  /** @returns a promise to wait for before more is processed, when the share of this turn is used up */
  use(bytes: number): Promise<void> | undefined {
    this.#used += bytes;
    if (this.#used < BYTES_IN_A_TURN) return undefined;
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) onNextTurn(this.#nextTurn);
    });
  }

  /** One goes on in each turn, in the order in which they came. */
  readonly #nextTurn = (): void => {
    this.#used = 0;
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) onNextTurn(this.#nextTurn);
  };
}

/** There is one event loop, whatever number of clients and transports. */
export const eventLoopShare = new EventLoopShare();
