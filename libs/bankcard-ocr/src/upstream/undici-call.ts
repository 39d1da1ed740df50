import type { Duplex } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Dispatcher } from 'undici';
import type { AnswerReceiver, TransportCall } from './transport.js';

const DECOMPRESSION: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

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
    this.receiver.head(status, (name) => {
      const value = headers[name];
      return typeof value === 'string' ? value : undefined;
    });
    const encoding = headers['content-encoding'];
    if (typeof encoding === 'string') this.#decompress(encoding);
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#decompression) {
      if (this.#decompression.write(bytes)) return;
      controller.pause();
      this.#decompression.once('drain', () => controller.resume());
      return;
    }
    const held = this.#receive(bytes);
    if (!held) return;
    controller.pause();
    held.then(
      () => controller.resume(),
      (error: Error) => this.abort(error),
    );
  }

  onResponseEnd(): void {
    if (this.#decompression) this.#decompression.end();
    else this.#resolve();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
    this.#decompression?.destroy();
  }

  #receive(bytes: Buffer): Promise<void> | undefined {
    try {
      return this.receiver.data(bytes);
    } catch (error) {
      this.abort(error as Error);
      return undefined;
    }
  }

  /** Nothing asks for compression, but a gateway in between may compress all the same. */
  #decompress(encoding: string): void {
    const create = DECOMPRESSION[encoding.trim().toLowerCase()];
    if (!create) return;
    const decompression = create();
    this.#decompression = decompression;
    decompression.on('data', (bytes: Buffer) => {
      const held = this.#receive(bytes);
      if (!held) return;
      decompression.pause();
      held.then(
        () => decompression.resume(),
        (error: Error) => this.abort(error),
      );
    });
    decompression.once('end', () => this.#resolve());
    decompression.once('error', (error) => this.abort(error));
  }
}
