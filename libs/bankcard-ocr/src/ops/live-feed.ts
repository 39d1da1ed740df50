import { Readable } from 'node:stream';
import type { Clock, ClockTimer } from '../runtime/clock.js';

/** So many lines wait for a client that reads too slowly; then the oldest are dropped, and a line says how many. */
const MOST_WAITING = 256;
/** A line at least so often: a client notices that the connection is gone, and no proxy takes it for idle. */
const ALIVE_EVERY_MS = 15_000;
/** At the end a client that does not read is not waited for any longer. */
const END_GRACE_MS = 1_000;

/** Where a response ends; `ServerResponse` of Node.js is one. */
interface Connection {
  readonly destroyed: boolean;
  once(event: 'close', listener: () => void): unknown;
  destroy(): unknown;
}

/** A line of the feed, which is newline-delimited JSON. */
export interface LiveLine {
  readonly type: 'start' | 'exchange' | 'credentials' | 'alive' | 'dropped' | 'end';
  readonly [member: string]: unknown;
}

/** Sends lines to all clients that are connected. Each reads at its own speed; a slow one misses lines, and does not delay the others. */
export class LiveFeed {
  readonly #clients = new Set<LiveClient>();
  #isEnded = false;
  #alive: ClockTimer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly mostClients: number,
  ) {}

  get isEnded(): boolean {
    return this.#isEnded;
  }

  get isFull(): boolean {
    return this.#clients.size >= this.mostClients;
  }

  get size(): number {
    return this.#clients.size;
  }

  /**
   * Add a client.
   *
   * @param connection its response: what ends that ends the client
   * @param first the line that it gets at once
   * @param wants which accounts it wants to know about
   */
  connect(connection: Connection, first: LiveLine, wants: (account: string | null) => boolean): Readable {
    const client = new LiveClient(connection, wants);
    // Never dropped, so it does not wait with the others.
    client.body.push(textOf(first));
    if (connection.destroyed) {
      client.body.destroy();
      return client.body;
    }
    this.#clients.add(client);
    connection.once('close', () => {
      client.body.destroy();
      this.#clients.delete(client);
      client.onGone?.();
      if (this.#clients.size === 0) this.#alive?.cancel();
    });
    if (this.#clients.size === 1) this.#keepAlive();
    return client.body;
  }

  /** Send a line to all clients that follow the account. */
  publish(type: 'exchange' | 'credentials', shown: { readonly account: string | null }): void {
    if (this.#clients.size === 0) return;
    const line = textOf({ type, ...shown });
    for (const client of this.#clients) if (client.wants(shown.account)) client.send(line);
  }

  /** Say goodbye to all clients, and wait until their responses have ended: a server that closes waits for them. */
  async end(): Promise<void> {
    this.#isEnded = true;
    this.#alive?.cancel();
    const last = textOf({ type: 'end', reason: 'shutdown' });
    const gone = [...this.#clients].map((client) => {
      return new Promise<void>((resolve) => {
        client.onGone = resolve;
        client.end(last);
      });
    });
    if (gone.length === 0) return;
    const impatient = this.clock.setTimer(() => {
      for (const client of this.#clients) client.connection.destroy();
    }, END_GRACE_MS);
    await Promise.all(gone);
    impatient.cancel();
  }

  #keepAlive(): void {
    this.#alive?.cancel();
    this.#alive = this.clock.setTimer(() => {
      const line = textOf({ type: 'alive', at: new Date(this.clock.now()).toISOString() });
      for (const client of this.#clients) client.send(line);
      this.#keepAlive();
    }, ALIVE_EVERY_MS);
  }
}

/** One client: the body of its response, and the lines that wait for it. */
class LiveClient {
  readonly body = new Readable({ read: () => this.#flush() });
  onGone: (() => void) | undefined;
  readonly #waiting: string[] = [];
  #dropped = 0;
  #isWanted = false;
  #isLast = false;

  constructor(
    readonly connection: Connection,
    readonly wants: (account: string | null) => boolean,
  ) {}

  send(line: string): void {
    this.#waiting.push(line);
    if (this.#waiting.length > MOST_WAITING) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    if (this.#isWanted) this.#flush();
  }

  end(line: string): void {
    this.#isLast = true;
    this.send(line);
  }

  /** Pass on what waits, until the connection wants no more. */
  #flush(): void {
    this.#isWanted = true;
    while (this.#isWanted) {
      const line = this.#dropped > 0 ? textOf({ type: 'dropped', count: this.#dropped }) : this.#waiting.shift();
      if (line === undefined) break;
      this.#dropped = 0;
      this.#isWanted = this.body.push(line);
    }
    if (this.#isLast && this.#waiting.length === 0) this.body.push(null);
  }
}

function textOf(line: LiveLine): string {
  return `${JSON.stringify(line)}\n`;
}
