import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import { IDLE_CONNECTION_MS, TLS } from './agents.js';
import type { ConnectionOptions } from './connection-options.js';
import { proxyFor } from './proxy.js';
import { type AnswerReceiver, Transport, type TransportCall, type TransportRequest } from './transport.js';
import { UndiciCall } from './undici-call.js';

const GET_HEADERS = { accept: 'application/json' };
const POST_HEADERS = { ...GET_HEADERS, 'content-type': 'application/json' };

/**
 * Transport on undici: one pool for the origin, its answers taken as the parser gives them, without a stream in between.
 * It does without `AbortSignal` and without undici's own limits on the answer, which an exchange has already.
 */
export class UndiciTransport extends Transport {
  readonly #options: ConnectionOptions;
  readonly #kept: Dispatcher;
  /** For what is sent again; made when it is first needed. */
  #fresh: Dispatcher | undefined;

  constructor(options: ConnectionOptions) {
    super();
    this.#options = options;
    this.#kept = createDispatcher(options, true);
  }

  start({ method, pathAndQuery, body, freshConnection }: TransportRequest, receiver: AnswerReceiver): TransportCall {
    const call = new UndiciCall(receiver);
    const dispatcher = freshConnection ? (this.#fresh ??= createDispatcher(this.#options, false)) : this.#kept;
    const { origin } = this.#options;
    const headers = body ? POST_HEADERS : GET_HEADERS;
    dispatcher.dispatch({ origin, path: pathAndQuery, method, headers, body }, call);
    return call;
  }

  async close(): Promise<void> {
    await Promise.all([this.#kept.destroy(), this.#fresh?.destroy()]);
  }
}

function createDispatcher(options: ConnectionOptions, keepsConnections: boolean): Dispatcher {
  const { origin, maxConnections, connectTimeoutMs, ca } = options;
  const tls = { ...TLS, ca, timeout: connectTimeoutMs };
  const common = {
    connections: maxConnections,
    // undici drops idle connections after 4 s, and a new one with TLS costs as much as forty queries.
    keepAliveTimeout: IDLE_CONNECTION_MS,
    // 0: one request a connection.
    pipelining: keepsConnections ? 1 : 0,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  const proxy = proxyFor(options);
  if (!proxy) return new Pool(origin, { ...common, connect: tls });
  return new ProxyAgent({ ...common, uri: proxy.href, proxyTls: tls, requestTls: tls });
}
