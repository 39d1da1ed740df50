import type { Dispatcher } from 'undici';
import { ResponseBody } from './response-body.js';
import type { AnswerReceiver, TransportCall } from './transport.js';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const LENGTH_MISMATCH = 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';

/** One request on undici, told of its answer as it arrives. */
export class UndiciCall implements TransportCall, Dispatcher.DispatchHandler {
  readonly finished: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #aborted: Error | undefined;
  #body: ResponseBody | undefined;
  #isBodiless = false;

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
    this.#body?.end(error);
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#aborted) controller.abort(this.#aborted);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    // An interim answer: the real one follows.
    if (status < 200) return;
    const header = (name: string): string | undefined => singleValue(name, headers[name]);
    try {
      this.receiver.head(status, header);
      this.#isBodiless = status === 204 || status === 304;
      const head = { status, contentEncoding: header('content-encoding') };
      this.#body = new ResponseBody(this.receiver, head, controller, (error) => this.#finish(error));
    } catch (error) {
      this.abort(error as Error);
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Buffer): void {
    // What resuming begins with, when nothing more has come yet. Whoever held that up too would never get to the rest.
    if (bytes.length > 0) this.#body?.write(bytes);
  }

  onResponseEnd(): void {
    this.#body?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    // undici counts the bytes of a body that an answer of this status has only if another request had been sent.
    if (this.#isBodiless && (error as { code?: unknown }).code === LENGTH_MISMATCH) return this.#resolve();
    this.#reject(error);
    this.#body?.end(error);
  }

  #finish(error?: Error): void {
    if (error) this.abort(error);
    else this.#resolve();
  }
}

/** A header that came several times, as Node's own client has it: lists are joined, of anything else the first counts. */
function singleValue(name: string, value: string | string[] | undefined): string | undefined {
  if (typeof value !== 'object') return value;
  return name === 'content-encoding' ? value.join(', ') : value[0];
}
