import { type Clock, SystemClock } from '../../runtime/clock.js';
import { type ConnectionOptions, Connector } from './connector.js';
import { Transport, type TransportRequest } from './transport.js';

/** An idle connection is closed before servers and load balancers commonly forget it. */
export const IDLE_CONNECTION_MS = 30_000;

/** While every response shows a wrong server, connections are not made anew for each request. */
const LEAST_MS_BETWEEN_DROPS = 1_000;

/** A transport that keeps connections in pools, and replaces the pool when it is too old or leads to a wrong server. */
export abstract class PoolingTransport<Pool> extends Transport {
  protected readonly connector: Connector;
  protected isClosed = false;
  /** For connections that are used again. */
  #kept: Pool | undefined;
  /** For what is sent again; each connection for one request. */
  #fresh: Pool | undefined;
  readonly #clock: Clock;
  #since: number;
  #droppedAt = -Infinity;

  constructor(protected readonly options: ConnectionOptions) {
    super();
    this.connector = new Connector(options);
    this.#clock = options.clock ?? new SystemClock();
    this.#since = this.#clock.monotonic();
  }

  override dropConnections(): void {
    const now = this.#clock.monotonic();
    if (this.isClosed || now - this.#droppedAt < LEAST_MS_BETWEEN_DROPS) return;
    this.#droppedAt = now;
    this.#renew(now);
  }

  protected abstract createPool(keepsConnections: boolean): Pool;

  /** Have a pool keep no connection any more; what is under way on them goes on. */
  protected abstract retire(pool: Pool): void;

  protected poolFor({ freshConnection }: TransportRequest): Pool {
    const { maxConnectionAgeMs } = this.options;
    if (maxConnectionAgeMs !== undefined) {
      const now = this.#clock.monotonic();
      if (now - this.#since >= maxConnectionAgeMs) this.#renew(now);
    }
    if (freshConnection) return (this.#fresh ??= this.createPool(false));
    return (this.#kept ??= this.createPool(true));
  }

  protected get pools(): Pool[] {
    return [this.#kept, this.#fresh].filter((pool) => pool !== undefined);
  }

  #renew(now: number): void {
    this.#since = now;
    const old = this.#kept;
    this.#kept = undefined;
    if (old !== undefined) this.retire(old);
  }
}

/** Photos are JPEG in Base64: compressing them again saves a quarter of the bytes and costs far more time. */
const GET_HEADERS = { accept: 'application/json', 'accept-encoding': 'identity' };
const POST_HEADERS = { ...GET_HEADERS, 'content-type': 'application/json' };

export function requestHeaders(body: Buffer | undefined): Record<string, string> {
  return body ? POST_HEADERS : GET_HEADERS;
}
