import { channel } from 'node:diagnostics_channel';
import { type Dispatcher, Pool } from 'undici';
import type { Connected } from './connecting.js';
import { ConnectionAge } from './connection-age.js';
import { CLOSED_CODE, connectionError, neverSent } from './connection-error.js';
import { type ConnectionOptions, IDLE_CONNECTION_MS } from './connection-options.js';
import { Connector } from './connector.js';
import { withoutInterimResponses } from './interim-responses.js';
import { ResponseBody } from './response-body.js';
import {
  type ResponseListener,
  requestHeaders,
  Transport,
  type TransportCall,
  type TransportRequest,
} from './transport.js';

/**
 * Transport on undici: one pool for the origin, its answers taken as the parser gives them, without a stream in between.
 * It does without `AbortSignal` and without undici's own limits on the answer, which an exchange has already.
 */
export class UndiciTransport extends Transport {
  readonly #options: ConnectionOptions;
  readonly #connector: Connector;
  #kept: Dispatcher;
  /** Kept until now; they close when what is under way on them is over. */
  readonly #retired = new Set<Dispatcher>();
  readonly #age: ConnectionAge;
  /** For what is sent again; made when it is first needed. */
  #fresh: Dispatcher | undefined;
  #closed = false;

  constructor(options: ConnectionOptions) {
    super();
    this.#options = options;
    this.#connector = new Connector(options);
    this.#age = new ConnectionAge(options);
    this.#kept = this.#createPool(true);
  }

  start({ method, pathAndQuery, body, freshConnection }: TransportRequest, receiver: ResponseListener): TransportCall {
    const call = new UndiciCall(receiver);
    if (this.#closed) {
      call.abort(neverSent(connectionError(CLOSED_CODE, 'closed')));
      return call;
    }
    if (this.#age.takeOver()) this.#renew();
    const dispatcher = freshConnection ? (this.#fresh ??= this.#createPool(false)) : this.#kept;
    const { origin } = this.#options;
    const headers = requestHeaders(body);
    withOwnHeadersOnly(
      headers,
      () => void dispatcher.dispatch({ origin, path: pathAndQuery, method, headers, body }, call),
    );
    return call;
  }

  override dropConnections(): void {
    if (!this.#closed && this.#age.takeDrop()) this.#renew();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#connector.close();
    const closed = connectionError(CLOSED_CODE, 'closed');
    const all = [this.#kept, ...this.#retired, ...(this.#fresh ? [this.#fresh] : [])];
    await Promise.all(all.map(async (dispatcher) => dispatcher.destroy(closed)));
  }

  #renew(): void {
    const retired = this.#kept;
    this.#kept = this.#createPool(true);
    this.#retired.add(retired);
    const forget = () => void this.#retired.delete(retired);
    retired.close().then(forget, forget);
  }

  #createPool(keepsConnections: boolean): Dispatcher {
    const { origin, maxConnections } = this.#options;
    return new Pool(origin, {
      connections: maxConnections,
      // undici drops idle connections after 4 s, and a new one with TLS costs as much as forty queries.
      keepAliveTimeout: IDLE_CONNECTION_MS,
      // 0: one request a connection.
      pipelining: keepsConnections ? 1 : 0,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: ({ hostname, port, protocol }, done) => {
        const secure = protocol === 'https:';
        const destination = { hostname, port: Number(port) || (secure ? 443 : 80), secure };
        const connected = done as Connected;
        this.#connector.connect(destination, (error, socket) => {
          connected(error, socket && withoutInterimResponses(socket));
        });
      },
    });
  }
}

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

  constructor(private readonly receiver: ResponseListener) {
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

/** Tells of each request of undici when it has been made, and lets whoever listens add headers to it. */
const CREATED = channel('undici:request:create');

/**
 * Make requests of undici that have these headers and no other. Some tracers add theirs although the request is untraced:
 * Sentry 10 `sentry-trace` and `baggage`. They are nothing that Tencent has to know.
 *
 * @param make makes the requests before it returns
 */
export function withOwnHeadersOnly(own: Readonly<Record<string, string>>, make: () => void): void {
  if (!CREATED.hasSubscribers) return make();
  // Subscribers are told in the order in which they came: this one is the last, for as long as it is there.
  const removeOthers = (message: unknown): void => {
    const { headers } = (message as { request: { headers?: unknown } }).request;
    if (!Array.isArray(headers)) return;
    const names = new Set(Object.keys(own));
    // In pairs.
    const kept = headers.filter((_one, index) => names.has(String(headers[index - (index % 2)]).toLowerCase()));
    headers.splice(0, headers.length, ...kept);
  };
  CREATED.subscribe(removeOthers);
  try {
    make();
  } finally {
    CREATED.unsubscribe(removeOthers);
  }
}
