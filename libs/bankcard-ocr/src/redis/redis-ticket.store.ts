import { LeaseHeartbeat, leaseKeptBy } from '../credentials/store/lease-heartbeat.js';
import { shiftTimestamps } from '../credentials/ticket-record.codec.js';
import {
  contentFrom,
  readable,
  type StoreContent,
  type StoreFinding,
  type StoreInspection,
  tryLease,
} from '../credentials/store/store-inspection.js';
import { type StoreAccess, type TicketLease, TicketStore } from '../credentials/store/ticket-store.js';
import type { TicketRecord } from '../credentials/ticket-record.js';
import { type BankCardOcrConfigurationError, Problem } from '../errors/configuration-error.js';
import { type Clock, SystemClock } from '../runtime/clock.js';
import { type Runtime, SYSTEM_RUNTIME } from '../runtime/random.js';
import { inCallersContext, untraced } from '../runtime/tracing-suppression.js';
import { type RedisClient } from './redis-client.js';
import { RedisCommands } from './redis-commands.js';
import { RedisError, redisError } from './redis-error.js';
import { readStored, type RedisKeys, redisKeysFor, type StoredRecord } from './redis-keys.js';
import { factFindings, readRedisFacts, silentFinding, tryAllWrites, unusableFinding } from './redis-inspection.js';
import { READ, RELEASE_LEASE, RENEW_LEASE, SET_ASIDE, SWAP, TAKE_LEASE } from './redis-scripts.js';
import { describeRedis, storeIssue } from './redis-url.js';

/** Settings of a {@link RedisTicketStore}. */
export interface RedisTicketStoreOptions {
  /**
   * An ioredis client (`Redis` or `Cluster`); whoever made it closes it, after the store. After a failover that leaves its
   * connection open, the replica at the other end refuses every write with `READONLY`. Set `reconnectOnError` to decide
   * what happens then. Without it, the store has the client connect anew (`client.disconnect(true)`): after 1 s at the
   * earliest, and ever more rarely, to once a minute, while that does not help.
   */
  readonly client: RedisClient;
  readonly appId: string;
  /** Milliseconds that one command may take. @default 1000 */
  readonly timeoutMs?: number | undefined;
  /** The clock of this process, which need not agree with that of Redis. @default the machine's clocks */
  readonly clock?: Clock | undefined;
  /** Called with the key of a record that could not be read and was set aside. */
  readonly onDamaged?: ((key: string) => void) | undefined;
}

const DEFAULT_TIMEOUT_MS = 1_000;
/** Longer than a command may take: somebody watches, and TLS over a distance takes its time. */
const INSPECTION_CONNECT_TIMEOUT_MS = 3_000;

/**
 * Keeps the credentials in Redis, shared by any number of machines. What it writes and how others may read it:
 * docs/ticket-record.md. Redis 5 or newer.
 *
 * Moments are kept by the clock of Redis, so that processes whose own clocks are hours apart agree about every age. On the
 * way they are only ever taken for earlier than they were: credentials are never used beyond their life.
 */
export class RedisTicketStore extends TicketStore {
  readonly description: string;
  readonly scope = 'fleet';
  readonly #commands: RedisCommands;
  readonly #keys: RedisKeys;
  readonly #watch: RedisWatch;
  readonly #clock: Clock;
  readonly #runtime: Runtime;
  readonly #onDamaged: RedisTicketStoreOptions['onDamaged'];
  readonly #ownClient: RedisClient | undefined;
  #hasNotedNoHints = false;

  /**
   * @param ownClient the same client when it is the store's own, to reconnect and to close
   * @param runtime times leases and commands, whatever `clock` says; an application leaves it out
   */
  constructor(options: RedisTicketStoreOptions, ownClient?: RedisClient, runtime: Runtime = SYSTEM_RUNTIME) {
    super();
    const { client, appId, timeoutMs = DEFAULT_TIMEOUT_MS, clock = new SystemClock() } = options;
    // Nothing that leads to the client, which knows the password, can be printed.
    this.#ownClient = ownClient;
    this.#onDamaged = options.onDamaged;
    this.description = describeRedis(client);
    this.#keys = redisKeysFor(appId, client.options.keyPrefix ?? '');
    this.#commands = new RedisCommands(client, timeoutMs, ownClient !== undefined, runtime.clock);
    this.#watch = new RedisWatch(client, this.#keys.channel, (fault) => this.#noteNoHints(fault));
    this.#clock = clock;
    this.#runtime = runtime;
  }

  /**
   * Try everything that will be used. A Redis that cannot be reached does not stop the start, like a vendor that cannot;
   * one that refuses does. Only that nobody can be told of a write is no reason: whoever waits for one also polls.
   */
  override async open(access: StoreAccess = 'write'): Promise<void> {
    try {
      await this.#commands.connected();
      await this.read();
      if (access === 'read') return;
      await tryAllWrites(this.#commands, this.#keys, this.#runtime.random.id());
      await this.#tell('0');
    } catch (error) {
      if (error instanceof RedisError && error.isRefusal) throw refused(this.description, error);
    }
  }

  async read(): Promise<TicketRecord | undefined> {
    const stored = await this.#read();
    if (stored.kind === 'damaged') await this.#setAside(stored.seen);
    return stored.kind === 'record' ? stored.record : undefined;
  }

  /** What is stored, with timestamps by the clock of this process. */
  async #read(): Promise<StoredRecord> {
    const askedAtMs = this.#clock.now();
    const { redisNowMs, stored } = readStored(await this.#commands.read(READ, [this.#keys.record]));
    if (stored.kind !== 'record') return stored;
    return { kind: 'record', record: shiftTimestamps(stored.record, askedAtMs - redisNowMs) };
  }

  override async inspect(access: StoreAccess = 'write'): Promise<StoreInspection> {
    const about = this.description;
    let content: StoreContent;
    let findings: StoreFinding[];
    try {
      await this.#commands.connected(INSPECTION_CONNECT_TIMEOUT_MS);
      content = await contentFrom(() => this.#read());
      // Whether it can be read at all is told below.
      if (content.kind === 'unreadable') await this.#read();
      findings = await this.#inspectAccess(access);
    } catch (error) {
      const fault = redisError(error);
      return { content: { kind: 'unreadable', code: fault.code }, findings: [unusableFinding(fault, about)] };
    }
    return { content, findings };
  }

  async #inspectAccess(access: StoreAccess): Promise<StoreFinding[]> {
    const about = this.description;
    const facts = readRedisFacts(await this.#commands.info(this.#keys.record));
    const told = { kind: 'redis', ...(facts.version !== undefined && { version: facts.version }) };
    const judged = factFindings(facts, about);
    if (access === 'read') return [{ ...readable(told), about }, ...judged];
    try {
      await tryAllWrites(this.#commands, this.#keys, this.#runtime.random.id());
      const lease = await tryLease((ttlMs) => this.acquireLease(ttlMs), this.#runtime.clock, told);
      const silence = await this.#commands.publish(this.#keys.channel, '0').then(
        () => [],
        (error: unknown) => [silentFinding(redisError(error), about)],
      );
      return [{ ...lease, about }, ...silence, ...judged];
    } catch (error) {
      return [unusableFinding(redisError(error), about), ...judged];
    }
  }

  async compareAndSet(expected: TicketRecord | undefined, next: TicketRecord, lease?: TicketLease): Promise<boolean> {
    const { record, lease: leaseKey } = this.#keys;
    const outcome = await this.#commands.change(SWAP, [record, leaseKey], (redisNowMs) => {
      const text = JSON.stringify(shiftTimestamps(next, redisNowMs - this.#clock.now()));
      return [expected?.writeId ?? '', next.writeId, text, lease?.id ?? ''];
    });
    // It has been written, whoever hears of it.
    if (outcome === 'done') void this.#tell(String(next.revision));
    return outcome === 'done';
  }

  async acquireLease(ttlMs: number): Promise<TicketLease | undefined> {
    const { clock, random } = this.#runtime;
    const keys = [this.#keys.lease];
    const id = random.id();
    const takenAt = clock.monotonic();
    const idAndTtl = () => [id, String(Math.ceil(ttlMs))];
    if ((await this.#commands.change(TAKE_LEASE, keys, idAndTtl)) !== 'done') return undefined;
    const beat = async () => (await this.#commands.change(RENEW_LEASE, keys, idAndTtl)) !== 'fenced';
    const heartbeat = new LeaseHeartbeat(ttlMs, takenAt, beat, clock);
    return leaseKeptBy(id, heartbeat, () => this.#commands.change(RELEASE_LEASE, keys, () => [id]));
  }

  watch(listener: () => void): () => void {
    return this.#watch.add(listener);
  }

  /** Ends the connection on which it listens. The client that was handed in stays open. */
  async close(): Promise<void> {
    this.#watch.close();
    this.#ownClient?.disconnect();
  }

  /** A hint that something was written; never fails. */
  async #tell(revision: string): Promise<void> {
    try {
      await this.#commands.publish(this.#keys.channel, revision);
    } catch (error) {
      if (error instanceof RedisError && error.isRefusal) this.#noteNoHints(error);
    }
  }

  #noteNoHints({ message }: RedisError): void {
    if (this.#hasNotedNoHints) return;
    this.#hasNotedNoHints = true;
    this.onWarning?.(
      `${this.description} does not pass on the news of a write (${message}): it is noticed by reading the store every ` +
        'few seconds instead',
    );
  }

  async #setAside(seen: string): Promise<void> {
    const { record, damaged } = this.#keys;
    // Who may only read leaves it to the others; there is nothing to read either way.
    const outcome = await this.#commands.change(SET_ASIDE, [record, damaged], () => [seen]).catch(() => 'fenced');
    if (outcome === 'done') this.#onDamaged?.(damaged);
  }
}

function refused(description: string, fault: RedisError): BankCardOcrConfigurationError {
  const isCluster = fault.code === 'MOVED' || fault.code === 'CROSSSLOT';
  const problem = isCluster
    ? new Problem(
        `${description} is a node of a cluster: hand in a RedisTicketStore with a Cluster client instead of a URL`,
        `${description} 是集群节点：请不要写 URL，改为传入使用 Cluster 客户端的 RedisTicketStore`,
      )
    : new Problem(
        `${description} refuses (${fault.message}): check user, password, database and privileges (docs/fleet.md names the keys ` +
          'and commands), that it is Redis 5 or newer, and what a proxy before it allows scripts to do',
        `${description} 拒绝访问（${fault.message}）：请检查用户、密码、库号和权限（所需的键和命令见 docs/fleet.zh-CN.md），` +
          '确认是 Redis 5 或更新版本，以及其前面的代理允许脚本做什么',
      );
  return storeIssue(problem, fault);
}

/** Listens, on a connection of its own, for records that others write. A hint: whoever depends on it also polls. */
export class RedisWatch {
  readonly #listeners = new Set<() => void>();
  #subscriber: RedisClient | undefined;

  readonly #client: RedisClient;

  /** @param onRefused is told when Redis does not let it listen */
  constructor(
    client: RedisClient,
    private readonly channel: string,
    private readonly onRefused: (fault: RedisError) => void,
  ) {
    this.#client = client;
  }

  /** @returns stops the listening */
  add(onChange: () => void): () => void {
    // Called from that connection: what follows is the application's.
    const listener = inCallersContext(onChange);
    this.#listeners.add(listener);
    // The connection, and each that follows it, belongs to nobody's trace.
    this.#subscriber ??= untraced(() => this.#subscribe());
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    this.#listeners.clear();
    this.#subscriber?.disconnect();
    this.#subscriber = undefined;
  }

  #subscribe(): RedisClient {
    const subscriber = duplicate(this.#client);
    const tell = () => {
      for (const listener of this.#listeners) listener();
    };
    // A client without a listener prints its errors, and those can hold what was sent.
    subscriber.on('error', () => undefined);
    subscriber.on('message', tell);
    const subscribe = () => {
      // What was written while nobody listened has been missed.
      untraced(() => subscriber.subscribe(this.channel)).then(tell, (error: unknown) => {
        const fault = redisError(error, [this.channel]);
        if (fault.isRefusal) this.onRefused(fault);
      });
    };
    subscriber.on('ready', subscribe);
    return subscriber;
  }
}

/** As the client, but patient: it has nothing to do than to wait for a connection and for messages. */
function duplicate(client: RedisClient): RedisClient {
  const patience = { lazyConnect: false, enableOfflineQueue: true, maxRetriesPerRequest: null };
  if ('nodes' in client) return client.duplicate([], { lazyConnect: false, enableOfflineQueue: true });
  return client.duplicate({ ...patience, autoResubscribe: false });
}
