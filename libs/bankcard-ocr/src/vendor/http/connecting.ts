import type { Socket } from 'node:net';
import { CLOSED_CODE, CONNECT_TIMEOUT_CODE, connectionError, neverSent } from './connection-error.js';

/** Is told once: of a connection that can be used, or of why there is none. */
export type Connected = (error: Error | null, socket?: Socket) => void;

/** What a connection is waited for through; an error that it is destroyed with comes out of it. */
interface Stage {
  destroy(error?: Error): unknown;
}

/** One connection that is being made: one time limit for all of its stages, proxy and TLS included. */
export class Connecting {
  #stage: Stage | undefined;
  #over = false;
  readonly #timer: NodeJS.Timeout;

  constructor(
    timeoutMs: number,
    private readonly done: Connected,
  ) {
    const late = () => this.end(connectionError(CONNECT_TIMEOUT_CODE, 'connecting took too long'));
    this.#timer = setTimeout(late, timeoutMs);
  }

  /** What is waited for from now on. */
  enter<S extends Stage>(stage: S): S {
    this.#stage = stage;
    return stage;
  }

  /** The last stage: wait for a socket to be ready. */
  finishWith(socket: Socket, readyEvent: 'secureConnect'): void {
    const onError = (error: Error) => this.settle(error);
    const onClose = () => this.settle(connectionError(CLOSED_CODE, 'closed while connecting'));
    socket.once(readyEvent, () => {
      // After a failure they stay: somebody has to hear what a socket says late.
      socket.off('error', onError).off('close', onClose);
      this.settle(null, socket);
    });
    this.enter(socket.on('error', onError).on('close', onClose));
  }

  /** Give up. */
  end(error: Error): void {
    if (this.#over) return;
    this.#stage?.destroy(neverSent(error));
    this.settle(error);
  }

  settle(error: Error | null, socket?: Socket): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.done(error && neverSent(error), socket);
  }
}
