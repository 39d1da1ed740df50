import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import { HttpService } from '@nestjs/axios';
import axios, { type AxiosResponse } from 'axios';
import { firstValueFrom } from 'rxjs';
import { limitConnectTime } from './connect-timeout.js';
import { Transport, type TransportAnswer } from './transport.js';

/** An idle connection is dropped before servers and load balancers commonly forget it. */
const IDLE_CONNECTION_MS = 30_000;

/** Settings of an {@link HttpServiceTransport}. */
export interface HttpServiceTransportOptions {
  /** e.g. `https://idasc.webank.com` */
  readonly origin: string;
  /** The origin is this machine: no proxy of the environment stands in between. */
  readonly loopback: boolean;
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
}

/**
 * Transport on `HttpService` of `@nestjs/axios`: an own instance, because whoever shares one can add interceptors that
 * see every secret, and a user's test that overrides `HttpService` would replace it.
 */
export class HttpServiceTransport extends Transport {
  readonly #http: HttpService;
  readonly #kept: Agents;
  readonly #fresh: Agents;

  constructor({ origin, loopback, maxConnections, connectTimeoutMs }: HttpServiceTransportOptions) {
    super();
    const kept = { keepAlive: true, maxSockets: maxConnections, timeout: IDLE_CONNECTION_MS };
    this.#kept = createAgents(kept, connectTimeoutMs);
    this.#fresh = createAgents({ keepAlive: false, maxSockets: maxConnections }, connectTimeoutMs);
    const instance = axios.create({
      baseURL: origin,
      maxRedirects: 0,
      proxy: loopback ? false : undefined,
      validateStatus: null,
      headers: { Accept: 'application/json' },
    });
    // axios has one set of types for each module system, and they do not match each other.
    this.#http = new HttpService(instance as unknown as ConstructorParameters<typeof HttpService>[0]);
  }

  async get(pathAndQuery: string, signal: AbortSignal, freshConnection: boolean): Promise<TransportAnswer> {
    const agents = freshConnection ? this.#fresh : this.#kept;
    const { status, headers, data }: AxiosResponse<Readable> = await firstValueFrom(
      // HttpService looks for the response type in the call's own options: without it there, it would end the stream as
      // soon as the head has come. Unsubscribing then ends nothing any more; the signal does.
      this.#http.get<Readable>(pathAndQuery, { ...agents, signal, responseType: 'stream' }),
    );
    return {
      status,
      header: (name) => {
        const value: unknown = headers[name];
        return typeof value === 'string' ? value : undefined;
      },
      body: data,
    };
  }

  close(): void {
    for (const { httpAgent, httpsAgent } of [this.#kept, this.#fresh]) {
      httpAgent.destroy();
      httpsAgent.destroy();
    }
  }
}

interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

function createAgents(options: AgentOptions, connectTimeoutMs: number): Agents {
  const tls = { ...options, minVersion: 'TLSv1.2', rejectUnauthorized: true } as const;
  return {
    httpAgent: limitConnectTime(new HttpAgent(options), 'connect', connectTimeoutMs),
    httpsAgent: limitConnectTime(new HttpsAgent(tls), 'secureConnect', connectTimeoutMs),
  };
}
