import { type Dispatcher, Pool } from 'undici';
import { ConnectionAge } from './connection-age.js';
import { CLOSED_CODE, connectionFault, neverSent } from './connection-fault.js';
import { type ConnectionOptions, IDLE_CONNECTION_MS } from './connection-options.js';
import type { Connected } from './connecting.js';
import { Connector } from './connector.js';
import { withoutInterimResponses } from './interim-responses.js';
import { withOwnHeadersOnly } from './own-headers.js';
import { requestHeaders } from './request-headers.js';
import { type AnswerReceiver, Transport, type TransportCall, type TransportRequest } from './transport.js';
import { UndiciCall } from './undici-call.js';

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

  start({ method, pathAndQuery, body, freshConnection }: TransportRequest, receiver: AnswerReceiver): TransportCall {
    const call = new UndiciCall(receiver);
    if (this.#closed) {
      call.abort(neverSent(connectionFault(CLOSED_CODE, 'closed')));
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
    const closed = connectionFault(CLOSED_CODE, 'closed');
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
