import { channel } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { type Dispatcher, Pool } from 'undici';
import { hideQuery } from '../../runtime/tracing-suppression.js';
import type { Connected } from './connector.js';
import { InterimResponses } from './interim-responses.js';
import { IDLE_CONNECTION_MS, PoolingTransport, requestHeaders } from './pooling.transport.js';
import { ResponseBody } from './response-body.js';
import { closedError, neverSent } from './transport-error.js';
import type { ResponseListener, TransportCall, TransportRequest } from './transport.js';

/** One pool for the origin, responses as the parser gives them, without a stream or undici's own limits. */
export class UndiciTransport extends PoolingTransport<Dispatcher> {
  /** They close when what is under way on them is over. */
  readonly #retired = new Set<Dispatcher>();
  readonly #sockets = new Set<Socket>();

  start(request: TransportRequest, receiver: ResponseListener): TransportCall {
    const call = new UndiciCall(receiver);
    if (this.isClosed) {
      call.abort(neverSent(closedError()));
      return call;
    }
    const { method, pathAndQuery: path, body } = request;
    const headers = requestHeaders(body);
    const dispatcher = this.poolFor(request);
    const dispatch = { origin: this.options.origin, path, method, headers, body };
    if (CREATED.hasSubscribers || ANSWERED.hasSubscribers) {
      dispatchObserved(dispatch, call, () => void dispatcher.dispatch(dispatch, call));
    } else dispatcher.dispatch(dispatch, call);
    return call;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.connector.close();
    // undici tells that it has ended with queueMicrotask, which fake timers of tests never run: sockets tell it too.
    const ended = [...this.#sockets].map(async (socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const pool of [...this.pools, ...this.#retired]) pool.destroy(closedError()).catch(() => undefined);
    await Promise.all(ended);
  }

  protected retire(pool: Dispatcher): void {
    this.#retired.add(pool);
    const forget = () => void this.#retired.delete(pool);
    pool.close().then(forget, forget);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  protected createPool(keepsConnections: boolean): Dispatcher {
    const { origin, maxConnections } = this.options;
    return new Pool(origin, {
      connections: maxConnections,
      // undici drops idle connections after 4 s, and a new one with TLS costs as much as forty queries.
      keepAliveTimeout: IDLE_CONNECTION_MS,
      pipelining: keepsConnections ? 1 : 0,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: ({ hostname, port, protocol }, done) => {
        const secure = protocol === 'https:';
        const connected = done as Connected;
        this.connector.connect({ hostname, port: Number(port) || (secure ? 443 : 80), secure }, (error, socket) => {
          if (socket) this.#keep(socket);
          connected(error, socket && withoutSurprises(socket));
        });
      },
    });
  }
}

const LENGTH_MISMATCH = 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';

/** In the way of undici 6 and 7: the newer one makes objects of all headers, which costs a query a twentieth more. */
export class UndiciCall implements TransportCall, Dispatcher.DispatchHandler {
  readonly finished: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #abortRequest: ((error: Error) => void) | undefined;
  #resumeParser: (() => void) | undefined;
  #isPaused = false;
  /** What has come since the connection ended, and the receiver does not want yet. */
  #rest: Buffer[] | undefined;
  #isComplete = false;
  #aborted: Error | undefined;
  #body: ResponseBody | undefined;
  #isBodiless = false;
  /** On which the request was written. */
  connection: Socket | undefined;
  /** What undici has made of the call, if somebody observes requests. */
  observed: { path: string } | undefined;

  constructor(private readonly receiver: ResponseListener) {
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  abort(error = new Error('aborted')): void {
    this.#aborted ??= error;
    // One that waits for a connection cannot be aborted yet, and is not waited for.
    this.#reject(error);
    this.#body?.end(error);
    this.#abortRequest?.(error);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#rest) this.#passRest(this.#rest);
    else this.#resumeParser?.();
  }

  /** The connection has ended: take everything that is left from the parser, which must not be paused any more. */
  takeRest(): void {
    if (!this.#isPaused) return;
    this.#rest = [];
    this.#resumeParser?.();
  }

  #passRest(rest: Buffer[]): void {
    while (!this.#isPaused && rest.length > 0) this.#body?.write(rest.shift()!);
    if (!this.#isPaused && this.#isComplete) this.#body?.end();
  }

  onConnect(abort: (error: Error) => void): void {
    this.#abortRequest = abort;
    // undici writes the request within this turn, on the connection that it has chosen.
    noteNext(this);
    if (this.#aborted) abort(this.#aborted);
  }

  onHeaders(status: number, headers: readonly Buffer[], resume: () => void): boolean {
    // An interim response: the real one follows.
    if (status < 200) return true;
    this.#resumeParser = resume;
    try {
      const header = (name: string) => headerOf(headers, name);
      this.receiver.head(status, header, this.connection);
      this.#isBodiless = status === 204 || status === 304;
      this.#body = new ResponseBody(this.receiver, header, this, (error) => {
        if (error) this.abort(error);
        else this.#resolve();
      });
    } catch (error) {
      this.abort(error as Error);
    }
    return !this.#isPaused;
  }

  onData(bytes: Buffer): boolean {
    if (this.#rest) {
      if (bytes.length > 0) this.#rest.push(bytes);
      return true;
    }
    // Resuming begins with an empty piece when nothing more has come yet; to delay that too would never end.
    if (bytes.length > 0) this.#body?.write(bytes);
    return !this.#isPaused;
  }

  onComplete(): void {
    this.#isComplete = true;
    if (!this.#rest || !this.#isPaused) this.#body?.end();
  }

  onError(error: Error): void {
    // undici counts the bytes of a body that a response of this status has only if another request had been sent.
    if (this.#isBodiless && (error as { code?: unknown }).code === LENGTH_MISMATCH) return this.#resolve();
    this.#reject(error);
    this.#body?.end(error);
  }
}

/** Of a header that came several times the first counts. */
function headerOf(headers: readonly Buffer[], name: string): string | undefined {
  return headers.find((_, at) => at % 2 === 1 && isName(headers[at - 1], name))?.toString();
}

function isName(bytes: Buffer | undefined, name: string): boolean {
  return bytes?.length === name.length && bytes.toString('latin1').toLowerCase() === name;
}

/** The call whose request undici writes next: then it is known on which connection. */
let nextWritten: UndiciCall | undefined;

function noteNext(call: UndiciCall): void {
  nextWritten = call;
}

/**
 * undici 7 takes an unrequested `100 Continue` for the end of the connection, and ends the process with an assertion
 * when a connection ends while its parser is paused (its issue 5360, mended in version 8, which needs a newer Node):
 * neither may reach it.
 */
function withoutSurprises(socket: Socket): Socket {
  const interim = new InterimResponses();
  let written: UndiciCall | undefined;
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  const write = socket.write.bind(socket) as (bytes: unknown, encoding: unknown, done: unknown) => boolean;
  const readHead = (first: Buffer): Buffer | null => {
    try {
      for (let bytes: Buffer | null = first; bytes !== null; bytes = read()) {
        const rest = interim.strip(bytes);
        if (rest.length > 0) return rest;
      }
    } catch (error) {
      socket.destroy(error as Error);
    }
    return null;
  };
  // Both are called several times for each query.
  socket.read = (size?: number): Buffer | null => {
    const bytes = read(size);
    return bytes === null || !interim.isHeadExpected ? bytes : readHead(bytes);
  };
  socket.write = (bytes: unknown, encoding?: unknown, done?: unknown): boolean => {
    interim.isHeadExpected = true;
    if (nextWritten) {
      nextWritten.connection = socket;
      // It is in the bytes that are written here, and undici reads it no more.
      if (nextWritten.observed) hideQuery(nextWritten.observed);
      written = nextWritten;
      nextWritten = undefined;
    }
    return write(bytes, encoding, done);
  };
  const goOn = () => {
    // The parser does not go on with a connection that is destroyed; what it has got already is good all the same.
    Object.defineProperty(socket, 'destroyed', { value: false, configurable: true });
    written?.takeRest();
    delete (socket as { destroyed?: boolean }).destroyed;
    written = undefined;
  };
  // Before undici listens: these are called first.
  return socket.on('end', goOn).on('error', goOn).on('close', goOn);
}

/** undici publishes each request that is made, and subscribers may add headers to it. */
const CREATED = channel('undici:request:create');
/** Later it publishes the same request, with its path, beside the head of the response. */
const ANSWERED = channel('undici:request:headers');
/** Requests whose call is known. */
const CLAIMED = new WeakSet<object>();

/**
 * Make the request of a call without headers of others: some tracers add them although the request is untraced (Sentry 10),
 * and Tencent must not get them. The call gets the request, to hide its query as soon as it is written.
 */
function dispatchObserved(
  own: Pick<Dispatcher.DispatchOptions, 'path'> & { headers: object },
  call: UndiciCall,
  make: () => void,
): void {
  // Subscribers are called in the order in which they came: this one is the last, for as long as it is there.
  const claimRequest = (message: unknown): void => {
    const { request } = message as { request: { path: string; headers?: unknown } };
    // Two calls may have the same path.
    if (request.path !== own.path || call.observed || CLAIMED.has(request)) return;
    CLAIMED.add(request);
    call.observed = request;
    const { headers } = request;
    if (!Array.isArray(headers)) return;
    const names = new Set(Object.keys(own.headers));
    // In pairs.
    const kept = headers.filter((_one, index) => names.has(String(headers[index - (index % 2)]).toLowerCase()));
    headers.splice(0, headers.length, ...kept);
  };
  const unsubscribe = (): void => {
    CREATED.unsubscribe(claimRequest);
  };
  CREATED.subscribe(claimRequest);
  try {
    make();
  } finally {
    // The pool makes it later if all of its connections are in use.
    if (call.observed) unsubscribe();
    else call.finished.then(unsubscribe, unsubscribe);
  }
}
