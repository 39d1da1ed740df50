import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import { decompressionOf } from './decompression.js';
import type { AnswerReceiver, TransportCall } from './transport.js';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** One request on undici, told of its answer as it arrives. */
export class UndiciCall implements TransportCall, Dispatcher.DispatchHandler {
  readonly finished: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #aborted: Error | undefined;
  #decompression: Duplex | undefined;

  constructor(private readonly receiver: AnswerReceiver) {
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  abort(error = new Error('aborted')): void {
    this.#aborted ??= error;
    // One that waits for a connection has no controller yet, and is not waited for.
    this.#reject(error);
    this.#decompression?.destroy();
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#aborted) controller.abort(this.#aborted);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    // An interim answer: the real one follows.
    if (status < 200) return;
    const header = (name: string): string | undefined => {
      const value = headers[name];
      return typeof value === 'string' ? value : undefined;
    };
    try {
      this.receiver.head(status, header);
      const decompression = decompressionOf(status, header('content-encoding'));
      if (decompression) this.#receiveThrough(decompression);
    } catch (error) {
      this.abort(error as Error);
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    // What resuming begins with, when nothing more has come yet. Whoever held that up too would never get to the rest.
    if (bytes.length === 0) return;
    if (!this.#decompression) this.#receive(bytes, controller);
    else if (!this.#decompression.write(bytes)) {
      controller.pause();
      this.#decompression.once('drain', () => controller.resume());
    }
  }

  onResponseEnd(): void {
    if (this.#decompression) this.#decompression.end();
    else this.#resolve();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
    this.#decompression?.destroy();
  }

  #receiveThrough(decompression: Duplex): void {
    this.#decompression = decompression;
    decompression.on('data', (bytes: Buffer) => this.#receive(bytes, decompression));
    decompression.once('end', () => this.#resolve());
    decompression.on('error', (error) => this.abort(error));
  }

  #receive(bytes: Buffer, source: { pause(): unknown; resume(): unknown }): void {
    if (this.#aborted) return;
    try {
      const held = this.receiver.data(bytes);
      if (!held) return;
      source.pause();
      held.then(
        () => source.resume(),
        (error: Error) => this.abort(error),
      );
    } catch (error) {
      this.abort(error as Error);
    }
  }
}
