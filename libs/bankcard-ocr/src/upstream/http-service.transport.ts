import { finished } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { HttpService } from '@nestjs/axios';
import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { firstValueFrom } from 'rxjs';
import { type Agents, createAgents, IDLE_CONNECTION_MS } from './agents.js';
import type { ConnectionOptions } from './connection-options.js';
import { proxyFor } from './proxy.js';
import { type AnswerReceiver, Transport, type TransportCall, type TransportRequest } from './transport.js';

/**
 * Transport on `HttpService` of `@nestjs/axios`: an own instance, because whoever shares one can add interceptors that
 * see every secret, and a user's test that overrides `HttpService` would replace it.
 */
export class HttpServiceTransport extends Transport {
  readonly #http: HttpService;
  readonly #kept: Agents;
  readonly #fresh: Agents;
  readonly #config: AxiosRequestConfig;

  /** @param shared an instance of the application's own, instead */
  constructor(options: ConnectionOptions, shared?: HttpService) {
    super();
    const proxy = proxyFor(options);
    const { maxConnections, origin } = options;
    const kept = { keepAlive: true, maxSockets: maxConnections, timeout: IDLE_CONNECTION_MS };
    this.#kept = createAgents(options, kept, proxy);
    this.#fresh = createAgents(options, { keepAlive: false, maxSockets: maxConnections }, proxy);
    this.#config = {
      baseURL: origin,
      maxRedirects: 0,
      // The agents know the way to the proxy.
      proxy: false,
      validateStatus: null,
      responseType: 'stream',
      transformRequest: [(body: unknown) => body],
    };
    // axios has one set of types for each module system, and they do not match each other.
    this.#http = shared ?? new HttpService(axios.create() as unknown as ConstructorParameters<typeof HttpService>[0]);
  }

  start(request: TransportRequest, receiver: AnswerReceiver): TransportCall {
    const controller = new AbortController();
    return {
      finished: this.#exchange(request, receiver, controller.signal),
      abort: () => controller.abort(),
    };
  }

  close(): void {
    for (const { httpAgent, httpsAgent } of [this.#kept, this.#fresh]) {
      httpAgent.destroy();
      httpsAgent.destroy();
    }
  }

  async #exchange(request: TransportRequest, receiver: AnswerReceiver, signal: AbortSignal): Promise<void> {
    const { method, pathAndQuery, body, freshConnection } = request;
    const { status, headers, data }: AxiosResponse<Readable> = await firstValueFrom(
      // HttpService looks for the response type in the call's own options: without it there, it would end the stream as
      // soon as the head has come. Unsubscribing then ends nothing any more; the signal does.
      this.#http.request<Readable>({
        ...this.#config,
        ...(freshConnection ? this.#fresh : this.#kept),
        method,
        url: pathAndQuery,
        data: body,
        headers: { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }) },
        signal,
      }),
    );
    receiver.head(status, (name) => {
      const value: unknown = headers[name];
      return typeof value === 'string' ? value : undefined;
    });
    data.on('data', (bytes: Buffer) => receive(data, bytes, receiver));
    await finished(data, { signal });
  }
}

function receive(data: Readable, bytes: Buffer, receiver: AnswerReceiver): void {
  if (data.destroyed) return;
  try {
    const held = receiver.data(bytes);
    if (!held) return;
    data.pause();
    held.then(
      () => data.resume(),
      (error: Error) => data.destroy(error),
    );
  } catch (error) {
    data.destroy(error as Error);
  }
}
