import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import { firstValueFrom, type Observable } from 'rxjs';
import { ConnectionAge } from './connection-age.js';
import {
  CLOSED_CODE,
  connectionError,
  neverSent,
  NO_STREAM_CODE,
  UNEXPECTED_UPGRADE_CODE,
} from './connection-error.js';
import { type ConnectionOptions, IDLE_CONNECTION_MS } from './connection-options.js';
import { Connector } from './connector.js';
import type { AxiosPackages, HttpServiceLike } from './load-http-service.js';
import { type Agents, createAgents, hasWayOfItsOwn, retire } from './own-agents.js';
import { ResponseBody } from './response-body.js';
import {
  type ResponseListener,
  requestHeaders,
  Transport,
  type TransportCall,
  type TransportRequest,
} from './transport.js';

/**
 * Transport on `HttpService` of `@nestjs/axios`: an own instance, because whoever shares one can add interceptors that
 * see every secret, and a user's test that overrides `HttpService` would replace it.
 */
export class HttpServiceTransport extends Transport {
  readonly #http: HttpServiceLike;
  readonly #connector: Connector;
  #kept: Agents;
  readonly #age: ConnectionAge;
  readonly #fresh: Agents;
  readonly #maxSockets: number;
  readonly #config: AxiosRequestConfig;
  /** The agents and their way to the proxy are those of the application's instance. */
  readonly #leavesTheWay: boolean;
  readonly #running = new Set<AbortController>();
  #closed = false;

  /** @param http an instance of the application's own, or the packages to make one that nobody else has */
  constructor(options: ConnectionOptions, http: HttpServiceLike | AxiosPackages) {
    super();
    const shared = 'request' in http ? http : undefined;
    const { maxConnections, origin } = options;
    this.#connector = new Connector(options);
    this.#maxSockets = maxConnections;
    this.#age = new ConnectionAge(options);
    this.#kept = this.#keepingAgents();
    this.#fresh = createAgents(this.#connector, { keepAlive: false, maxSockets: maxConnections });
    this.#leavesTheWay = shared !== undefined && hasWayOfItsOwn(shared);
    this.#config = {
      ...(shared ? {} : NOTHING_INHERITED),
      baseURL: origin,
      maxRedirects: 0,
      // The agents know the way to the proxy.
      ...(this.#leavesTheWay ? {} : { proxy: false }),
      ...(shared ? {} : { transport: { request: requestWithoutUpgrade } }),
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
    this.#http = 'request' in http ? http : createOwnHttpService(http);
  }

  override dropConnections(): void {
    if (!this.#closed && this.#age.takeDrop()) this.#renew();
  }

  start(request: TransportRequest, receiver: ResponseListener): TransportCall {
    const controller = new AbortController();
    return { finished: this.#run(request, receiver, controller), abort: () => controller.abort() };
  }

  close(): void {
    this.#closed = true;
    for (const controller of this.#running) controller.abort();
    this.#connector.close();
    for (const { httpAgent, httpsAgent } of [this.#kept, this.#fresh]) {
      httpAgent.destroy();
      httpsAgent.destroy();
    }
  }

  #keepingAgents(): Agents {
    const kept = { keepAlive: true, maxSockets: this.#maxSockets, timeout: IDLE_CONNECTION_MS };
    return createAgents(this.#connector, kept);
  }

  #renew(): void {
    const retired = this.#kept;
    this.#kept = this.#keepingAgents();
    retire(retired);
  }

  async #run(request: TransportRequest, receiver: ResponseListener, controller: AbortController): Promise<void> {
    if (this.#closed) throw neverSent(connectionError(CLOSED_CODE, 'closed'));
    this.#running.add(controller);
    try {
      await this.#exchange(request, receiver, controller.signal);
    } catch (error) {
      throw this.#closed ? connectionError(CLOSED_CODE, 'closed', error) : error;
    } finally {
      this.#running.delete(controller);
    }
  }

  async #exchange(request: TransportRequest, receiver: ResponseListener, signal: AbortSignal): Promise<void> {
    const { method, pathAndQuery, body, freshConnection } = request;
    if (this.#age.takeOver()) this.#renew();
    const { status, headers, data }: AxiosResponse<Readable> = await firstValueFrom(
      // HttpService looks for the response type in the call's own options: without it there, it would end the stream as
      // soon as the head has come. Unsubscribing then ends nothing any more; the signal does.
      this.#http.request({
        ...this.#config,
        ...(this.#leavesTheWay ? {} : freshConnection ? this.#fresh : this.#kept),
        method,
        url: pathAndQuery,
        data: body,
        headers: requestHeaders(body),
        signal,
      }) as Observable<AxiosResponse<Readable>>,
    );
    if (typeof (data as Partial<Readable> | undefined)?.pipe !== 'function')
      throw connectionError(NO_STREAM_CODE, 'no stream');
    try {
      const header = (name: string): string | undefined => {
        const value: unknown = headers[name];
        return typeof value === 'string' ? value : undefined;
      };
      if (status < 200) throw unexpectedUpgrade();
      receiver.head(status, header);
      await receiveBody(data, { status, contentEncoding: header('content-encoding') }, receiver, signal);
    } catch (error) {
      data.destroy();
      throw PARSE_ERRORS.get((data as IncomingMessage & { readonly req?: ClientRequest }).req ?? data) ?? error;
    }
  }
}

/** What cannot be read in a body Node tells the request only; the response just breaks off. */
const PARSE_ERRORS = new WeakMap<object, Error>();

/** Nobody would hear of an answer that switches protocols: axios waits for a response, and Node just ends the connection. */
function requestWithoutUpgrade(options: RequestOptions, done: (response: IncomingMessage) => void): ClientRequest {
  const request = (options.protocol === 'https:' ? https : http).request(options, done);
  request.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code?.startsWith('HPE_')) PARSE_ERRORS.set(request, error);
  });
  return request.once('upgrade', (_response, socket) => {
    const error = unexpectedUpgrade();
    socket.destroy();
    request.destroy(error);
    // Node takes the request for answered.
    request.emit('error', error);
  });
}

function unexpectedUpgrade(): Error {
  return connectionError(UNEXPECTED_UPGRADE_CODE, 'the answer switches protocols');
}

function receiveBody(
  data: Readable,
  head: { readonly status: number; readonly contentEncoding: string | undefined },
  receiver: ResponseListener,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const body = new ResponseBody(receiver, head, data, (error) => (error ? reject(error) : resolve()));
    data.on('data', (bytes: Buffer) => body.write(bytes));
    finished(data, { signal }).then(
      () => body.end(),
      (error: Error) => body.end(error),
    );
  });
}

/**
 * Everything that an instance of axios can be told and that a request of ours does not say by itself. As own members of each
 * request they hide what older versions of axios would take from `Object.prototype`.
 */
export const NOTHING_INHERITED = {
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

/**
 * Make an `HttpService` that shares nothing with the application. `axios.create()` would copy `axios.defaults`, and with
 * them headers, credentials, a socket or an adapter that are meant for other servers.
 */
function createOwnHttpService({ HttpService, Axios }: AxiosPackages): HttpServiceLike {
  const instance = new Axios({} as never);
  return new HttpService({ request: instance.request.bind(instance) } as never);
}
