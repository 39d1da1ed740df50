import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import { firstValueFrom, type Observable } from 'rxjs';
import { hideQuery, keepHeaders } from '../../runtime/tracing-suppression.js';
import type { Connected, ConnectionOptions } from './connector.js';
import { type AxiosPackages, definesRoute, type HttpServiceLike } from './load-http-service.js';
import { IDLE_CONNECTION_MS, PoolingTransport, requestHeaders } from './pooling.transport.js';
import { ResponseBody } from './response-body.js';
import { closedError, ConnectionError, MISCONFIGURED, neverSent, unexpectedUpgrade } from './transport-error.js';
import type { ResponseListener, TransportCall, TransportRequest } from './transport.js';

type Agents = Readonly<Record<'httpAgent' | 'httpsAgent', http.Agent>>;

/** Transport on `HttpService` of `@nestjs/axios`: an own instance, because interceptors of a shared one see every secret. */
export class HttpServiceTransport extends PoolingTransport<Agents> {
  readonly #http: HttpServiceLike;
  readonly #config: AxiosRequestConfig;
  /** The agents and their route to the proxy are those of the application's instance. */
  readonly #hasOwnRoute: boolean;
  readonly #running = new Set<AbortController>();

  /** @param http an instance of the application's own, or the packages to make one that nobody else has */
  constructor(options: ConnectionOptions, http: HttpServiceLike | AxiosPackages) {
    super(options);
    const isShared = 'request' in http;
    this.#http = isShared ? http : createOwnHttpService(http);
    this.#hasOwnRoute = isShared && definesRoute(http);
    this.#config = {
      ...(isShared ? {} : { ...NOTHING_INHERITED, transport: { request: requestOfOurs } }),
      baseURL: options.origin,
      maxRedirects: 0,
      // The agents know the route to the proxy.
      ...(this.#hasOwnRoute ? {} : { proxy: false }),
      validateStatus: null,
      responseType: 'stream',
      // Time, size and compression are the exchange's, whatever the defaults of the application's instance are.
      timeout: 0,
      maxContentLength: -1,
      maxBodyLength: -1,
      decompress: false,
      transformRequest: [(body: unknown) => body],
      transformResponse: [(body: unknown) => body],
    };
  }

  start(request: TransportRequest, receiver: ResponseListener): TransportCall {
    const controller = new AbortController();
    this.#running.add(controller);
    const finished = this.#exchange(request, receiver, controller.signal)
      .catch((error: unknown) => {
        throw this.isClosed ? closedError(error) : error;
      })
      .finally(() => this.#running.delete(controller));
    return { finished, abort: () => controller.abort() };
  }

  close(): void {
    this.isClosed = true;
    for (const controller of this.#running) controller.abort();
    this.connector.close();
    for (const agents of this.pools) for (const agent of Object.values(agents)) agent.destroy();
  }

  protected createPool(keepAlive: boolean): Agents {
    const { maxConnections: maxSockets } = this.options;
    const options = { keepAlive, maxSockets, ...(keepAlive && { timeout: IDLE_CONNECTION_MS }) };
    const connecting = <A extends http.Agent>(agent: A, secure: boolean): A =>
      Object.assign(agent, {
        createConnection: ({ host = 'localhost', port = '80' }: { host?: string; port?: string }, done: Connected) => {
          this.connector.connect({ hostname: host, port: Number(port), secure }, done);
        },
      });
    return {
      httpAgent: connecting(new http.Agent(options), false),
      httpsAgent: connecting(new https.Agent(options), true),
    };
  }

  protected retire(agents: Agents): void {
    for (const agent of Object.values(agents)) {
      agent.maxFreeSockets = 0;
      for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
    }
  }

  async #exchange(request: TransportRequest, receiver: ResponseListener, signal: AbortSignal): Promise<void> {
    if (this.isClosed) throw neverSent(closedError());
    const { method, pathAndQuery: url, body: data } = request;
    const agents = this.#hasOwnRoute ? {} : this.poolFor(request);
    const headers = requestHeaders(data);
    // HttpService looks for the response type in the call's own options: without it there, it would end the stream as
    // soon as the head has come. Unsubscribing then ends nothing any more; the signal does.
    const config = { ...this.#config, ...agents, method, url, data, headers, signal };
    const response = await firstValueFrom(this.#http.request(config) as Observable<AxiosResponse<Readable>>);
    const { status, headers: received, data: stream } = response;
    if (typeof (stream as Partial<Readable> | undefined)?.pipe !== 'function') {
      const message = 'httpService must answer with a stream, as responseType asks it to';
      throw new ConnectionError('BANKCARD_OCR_NO_STREAM', message, undefined, MISCONFIGURED);
    }
    try {
      const header = (name: string): string | undefined => {
        const value: unknown = received[name];
        return typeof value === 'string' ? value : undefined;
      };
      if (status < 200) throw unexpectedUpgrade();
      receiver.head(status, header, connectionOf(stream));
      await new Promise<void>((resolve, reject) => {
        const body = new ResponseBody(receiver, header, stream, (error) => (error ? reject(error) : resolve()));
        stream.on('data', (bytes: Buffer) => body.write(bytes));
        finished(stream, { signal }).then(
          () => body.end(),
          (error: Error) => body.end(error),
        );
      });
    } catch (error) {
      stream.destroy();
      throw PARSE_ERRORS.get((stream as IncomingMessage & { readonly req?: ClientRequest }).req ?? stream) ?? error;
    }
  }
}

/** What an application's own instance returns need not be a response of Node.js. */
function connectionOf(stream: Readable): Socket | undefined {
  const { socket } = stream as Partial<IncomingMessage>;
  return socket instanceof Socket ? socket : undefined;
}

/** Node reports what it cannot parse in a body to the request only; the response just breaks off. */
const PARSE_ERRORS = new WeakMap<object, Error>();

/**
 * The request of an instance of our own. Its query is hidden as soon as Node has made the head of it. A response that switches
 * protocols would hang: axios waits for another event, and Node just ends the connection.
 */
function requestOfOurs(options: RequestOptions, done: (response: IncomingMessage) => void): ClientRequest {
  // Read before others can add to them.
  const ownHeaders = Object.keys(options.headers ?? {});
  const request = (options.protocol === 'https:' ? https : http).request(options, done);
  keepHeaders(request, ownHeaders);
  const end = request.end.bind(request) as (...given: unknown[]) => ClientRequest;
  request.end = (...given: unknown[]): ClientRequest => {
    end(...given);
    hideQuery(request);
    return request;
  };
  request.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code?.startsWith('HPE_')) PARSE_ERRORS.set(request, error);
  });
  return request.once('upgrade', (_response, socket) => {
    const error = unexpectedUpgrade();
    socket.destroy();
    request.destroy(error);
    // Node believes that the request has its response.
    request.emit('error', error);
  });
}

/**
 * Whatever axios can be told and a request of ours does not say: own members hide what `Object.prototype` has, from versions
 * before 1.21 too.
 */
const NOTHING_INHERITED = {
  // By its name: else axios would take the one that `axios.defaults` has at that moment.
  adapter: 'http',
  auth: null,
  params: null,
  paramsSerializer: null,
  socketPath: null,
  allowedSocketPaths: null,
  transport: null,
  beforeRedirect: null,
  maxRate: null,
  onUploadProgress: null,
  onDownloadProgress: null,
  responseEncoding: null,
  insecureHTTPParser: null,
  httpVersion: 1,
  http2Options: null,
  transitional: { silentJSONParsing: true, forcedJSONParsing: true, clarifyTimeoutError: false },
} as unknown as AxiosRequestConfig;

/** `axios.create()` would copy `axios.defaults`, and with them headers, credentials, a socket meant for other servers. */
function createOwnHttpService({ HttpService, Axios }: AxiosPackages): HttpServiceLike {
  const instance = new Axios({} as never);
  return new HttpService({ request: instance.request.bind(instance) } as never);
}
