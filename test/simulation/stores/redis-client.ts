import type { Kernel } from '../kernel/kernel.js';
import type { SimulatedProcess } from '../kernel/process.js';
import type { SeededRandom } from '../kernel/seeded-random.js';
import type { RedisClient } from '../library.js';
import { NotSimulated } from './redis-script.js';
import type { RedisServer } from './redis-server.js';

const CONNECT_TIMEOUT_MS = 3_000;
const LONGEST_RECONNECT_MS = 1_000;

interface Packet {
  readonly connection: Connection;
  readonly arrive: () => void;
}

/** The network between the processes and the server, and whether the server can be reached. */
export class RedisNetwork {
  /** Refuses connections. */
  isDown = false;
  /** Accepts them, and answers nothing. */
  isHanging = false;
  /** Processes that are cut off: what they send, and what is sent to them, waits. */
  readonly cutOff = new Set<string>();
  /** Mean time of a way. */
  latencyMs = 0.4;
  /** How many replies in a row get lost, although their commands were carried out. */
  repliesToLose = 0;
  /** How likely a published message is lost, and how late it may be. */
  publishing = { lost: 0, lateMs: 0 };
  readonly #connections = new Set<Connection>();
  #waiting: Packet[] = [];

  constructor(
    readonly kernel: Kernel,
    readonly server: RedisServer,
    readonly random: SeededRandom,
  ) {
    server.onPublish = (channel, message) => this.#publish(channel, message);
  }

  goDown(): void {
    this.isDown = true;
    // oxlint-disable-next-line unicorn/no-useless-spread -- A connection that breaks leaves the set.
    for (const connection of [...this.#connections]) connection.breakOff();
  }

  comeUp(): void {
    this.isDown = false;
  }

  hang(): void {
    this.isHanging = true;
  }

  goOn(): void {
    this.isHanging = false;
    this.letThrough();
  }

  /** What was held up goes on, in its order. */
  letThrough(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { connection, arrive } of waiting) this.pass(connection, arrive);
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection);
  }

  /** A way of the network, in either direction: in order, and held up while the process is cut off. */
  pass(connection: Connection, arrive: () => void): void {
    const delayMs = 0.05 + this.random.exponential(this.latencyMs);
    connection.lastArrival = Math.max(connection.lastArrival, this.kernel.now + delayMs);
    this.kernel.at(connection.lastArrival, () => {
      if (this.holdsUp(connection)) this.#waiting.push({ connection, arrive });
      else arrive();
    });
  }

  holdsUp({ process }: Connection): boolean {
    return this.isHanging || this.cutOff.has(process.name);
  }

  #publish(channel: string, message: string): void {
    for (const connection of this.#connections) {
      if (!connection.channels.has(channel) || this.random.chance(this.publishing.lost)) continue;
      const late = this.publishing.lateMs === 0 ? 0 : this.random.between(0, this.publishing.lateMs);
      this.kernel.after(late, () => this.pass(connection, () => connection.receive(channel, message)));
    }
  }
}

/** One connection of a client, while it lasts. */
class Connection {
  readonly channels = new Set<string>();
  lastArrival = 0;
  isOpen = true;
  readonly #pending = new Set<(error: Error) => void>();

  constructor(
    readonly process: SimulatedProcess,
    private readonly network: RedisNetwork,
    private readonly client: SimulatedRedisClient,
  ) {
    network.add(this);
  }

  /** Send a command; the reply comes, or the connection ends. @param mayBeLost whether `repliesToLose` counts for it */
  send<T>(carryOut: () => T, mayBeLost = true): Promise<T> {
    const { network, process } = this;
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      network.pass(this, () => {
        // The process was killed, or has closed the connection: what it had sent may still have got through.
        if ((!process.isAlive || !this.isOpen) && network.random.chance(0.5)) return;
        if (network.isDown) return;
        let reply: T;
        try {
          reply = carryOut();
        } catch (error) {
          if (error instanceof NotSimulated) throw error;
          this.#reply(() => reject(error as Error), reject);
          return;
        }
        if (mayBeLost && network.repliesToLose > 0) {
          network.repliesToLose -= 1;
          return;
        }
        this.#reply(() => resolve(reply), reject);
      });
    });
  }

  #reply(settle: () => void, pending: (error: Error) => void): void {
    this.network.pass(this, () => {
      if (!this.isOpen || !this.#pending.delete(pending)) return;
      this.process.deliver(settle);
    });
  }

  receive(channel: string, message: string): void {
    if (this.isOpen) this.process.deliver(() => this.isOpen && this.client.emit('message', channel, message));
  }

  /** The server, or something on the way, ends it. */
  breakOff(): void {
    this.end();
    this.process.deliver(() => this.client.connectionEnded(this));
  }

  end(): void {
    this.isOpen = false;
    this.network.remove(this);
    const error = new Error('Connection is closed.');
    for (const reject of this.#pending) this.process.deliver(() => reject(error));
    this.#pending.clear();
  }
}

type Listener = (...args: never[]) => void;

/** As much of an ioredis client as the store uses, with the settings that the library gives its own. */
export class SimulatedRedisClient {
  readonly options = { keyPrefix: '', host: 'redis.test', port: 6379, db: 0 };
  status: 'connecting' | 'connect' | 'ready' | 'reconnecting' | 'end' = 'connecting';
  readonly #listeners = new Map<string, Set<Listener>>();
  #connection: Connection | undefined;
  #attempts = 0;
  #isEnded = false;

  constructor(
    private readonly process: SimulatedProcess,
    private readonly network: RedisNetwork,
    private readonly random: SeededRandom,
  ) {
    process.afterwards(0.1, () => this.#connect());
  }

  /** The simulation's client in the place of an ioredis one. */
  asRedisClient(): RedisClient {
    return this as unknown as RedisClient;
  }

  eval(script: string, count: number, ...rest: string[]): Promise<unknown> {
    if (!this.#connection || this.status !== 'ready') {
      return Promise.reject(new Error("Stream isn't writeable and enableOfflineQueue options is false"));
    }
    const keys = rest.slice(0, count);
    return this.#connection.send(() => this.network.server.eval(script, keys, rest.slice(count), this.process.name));
  }

  publish(channel: string, message: string): Promise<unknown> {
    if (!this.#connection || this.status !== 'ready') return Promise.reject(new Error('Connection is closed.'));
    return this.#connection.send(() => this.network.server.publish(channel, message));
  }

  subscribe(channel: string): Promise<unknown> {
    const connection = this.#connection;
    if (!connection) return Promise.reject(new Error('Connection is closed.'));
    return connection.send(() => connection.channels.add(channel).size);
  }

  duplicate(): SimulatedRedisClient {
    return new SimulatedRedisClient(this.process, this.network, this.random);
  }

  on(event: string, listener: Listener): this {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return this;
  }

  off(event: string, listener: Listener): this {
    this.#listeners.get(event)?.delete(listener);
    return this;
  }

  emit(event: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...(args as never[]));
  }

  disconnect(reconnect = false): void {
    this.#isEnded ||= !reconnect;
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.end();
    if (this.#isEnded) this.status = 'end';
    else this.#reconnect();
  }

  /** @internal called by the connection */
  connectionEnded(connection: Connection): void {
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    this.#reconnect();
  }

  #connect(): void {
    if (this.#isEnded) return;
    this.status = 'connecting';
    const { network, process } = this;
    const connection = new Connection(process, network, this);
    this.#connection = connection;
    const fail = (code: string) => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      connection.end();
      this.emit('error', Object.assign(new Error(code), { code }));
      this.#reconnect();
    };
    if (network.isDown) {
      process.afterwards(network.latencyMs, () => fail('ECONNREFUSED'));
      return;
    }
    let isConnected = false;
    process.afterwards(CONNECT_TIMEOUT_MS, () => void (!isConnected && fail('ETIMEDOUT')));
    const opened = () => {
      if (this.#connection !== connection) return;
      isConnected = true;
      this.status = 'connect';
      this.emit('connect');
      // The client asks whether the server is ready before it says so. That reply comes while the connection lasts: without
      // it, a client of the application would never be ready, and neither ioredis nor the library would end it.
      connection
        .send(() => 'ready', false)
        .then(
          () => {
            if (this.#connection !== connection) return;
            this.status = 'ready';
            this.#attempts = 0;
            this.emit('ready');
          },
          () => undefined,
        );
    };
    // The system accepts for a server that hangs; nothing gets through to one that is cut off.
    if (network.cutOff.has(process.name)) network.pass(connection, () => process.deliver(opened));
    else process.afterwards(2 * network.latencyMs, () => (network.isDown ? fail('ECONNRESET') : opened()));
  }

  #reconnect(): void {
    if (this.#isEnded) return;
    this.status = 'reconnecting';
    this.#attempts += 1;
    const delayMs = Math.min(50 * 2 ** Math.min(this.#attempts, 10), LONGEST_RECONNECT_MS);
    this.process.afterwards(delayMs * (0.5 + this.random.next() / 2), () => this.#connect());
  }
}
