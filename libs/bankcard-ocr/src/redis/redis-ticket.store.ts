import { LeaseHeartbeat } from '../credentials/store/lease-heartbeat.js';
import { shiftTimestamps } from '../credentials/ticket-record.codec.js';
import {
  contentFrom,
  describeFinding,
  readable,
  type StoreContent,
  type StoreFinding,
  type StoreInspection,
  tryLease,
} from '../credentials/store/store-inspection.js';
import { type StoreAccess, storeIssue, type TicketLease, TicketStore } from '../credentials/store/ticket-store.js';
import type { TicketRecord } from '../credentials/ticket-record.js';
import { duration, type Text, text } from '../errors/text.js';
import type { Clock } from '../runtime/clock.js';
import { type Runtime, SYSTEM_RUNTIME } from '../runtime/random.js';
import { inCallersContext, untraced } from '../runtime/tracing-suppression.js';
import type { RedisClient } from './redis-client.js';
import { RedisCommands } from './redis-commands.js';
import { RedisError, redisError } from './redis-error.js';
import { readStored, type RedisKeys, redisKeysFor } from './redis-keys.js';
import { HOLD_LEASE, READ, RELEASE_LEASE, SET_ASIDE, SWAP } from './redis-scripts.js';
import { describeRedis } from './redis-url.js';

export interface RedisTicketStoreOptions {
  /**
   * An ioredis client (`Redis` or `Cluster`) that your app closes after the store. After a failover (`READONLY`) its
   * `reconnectOnError` decides; without it, the store has it reconnect, ever more rarely.
   */
  readonly client: RedisClient;
  readonly appId: string;
  /** Milliseconds that one command may take. @default 1000 */
  readonly timeoutMs?: number | undefined;
  /** The clock of this process, which need not agree with that of Redis. @default the machine's clocks */
  readonly clock?: Clock | undefined;
}

const DEFAULT_TIMEOUT_MS = 1_000;
/** Whatever a trial leaves when its process is killed in the middle ends by itself, except for one record of few bytes. */
const LEASE_LIFE_MS = '5000';
/** Longer than a command may take: a TLS handshake over a distance is slow, and no request waits for it. */
const INSPECTION_CONNECT_TIMEOUT_MS = 3_000;

/** {@link RedisTicketStore} of the entry `/redis`, without the way to make a client: that needs ioredis itself. */
export class RedisTicketStore extends TicketStore {
  readonly description: string;
  readonly scope = 'fleet';
  readonly #commands: RedisCommands;
  readonly #keys: RedisKeys;
  readonly #clock: Clock;
  // Private to the class, so that nothing that leads to the client, which knows the password, can be printed.
  readonly #options: RedisTicketStoreOptions;
  readonly #subscribers = new Set<RedisClient>();
  #hasNotedNoHints = false;

  /** @param runtime times leases and commands, whatever `clock` says; an application leaves it out */
  constructor(
    options: RedisTicketStoreOptions,
    private readonly isOwnClient = false,
    private readonly runtime: Runtime = SYSTEM_RUNTIME,
  ) {
    super();
    const { client, appId, timeoutMs = DEFAULT_TIMEOUT_MS, clock = SYSTEM_RUNTIME.clock } = options;
    this.#options = options;
    this.description = describeRedis(client);
    this.#keys = redisKeysFor(appId, client.options.keyPrefix ?? '');
    this.#commands = new RedisCommands(client, timeoutMs, isOwnClient, runtime.clock);
    this.#clock = clock;
  }

  /** Try everything that will be used. A Redis that cannot be reached does not stop startup; one that refuses does. */
  override async open(access: StoreAccess = 'write'): Promise<void> {
    try {
      await this.#commands.connected();
      await this.read();
      if (access === 'read') return;
      await this.#tryAllWrites();
      await this.#notify('0');
    } catch (error) {
      if (!(error instanceof RedisError) || !error.isRefusal) return;
      throw storeIssue(describeFinding(unusableFinding(error, this.description)), error);
    }
  }

  async read(): Promise<TicketRecord | undefined> {
    const { content, seen } = await this.#read();
    if (content.kind === 'damaged') await this.#setAside(seen);
    return content.kind === 'record' ? content.record : undefined;
  }

  async #read(): Promise<ReturnType<typeof readStored>> {
    const askedAtMs = this.#clock.now();
    return readStored(await this.#commands.read(READ, [this.#keys.record]), askedAtMs);
  }

  override async inspect(access: StoreAccess = 'write'): Promise<StoreInspection> {
    const about = this.description;
    let content: StoreContent | undefined;
    let findings: StoreFinding[] = [];
    try {
      await this.#commands.connected(INSPECTION_CONNECT_TIMEOUT_MS);
      content = await contentFrom(async () => (await this.#read()).content);
      // Whether it can be read at all.
      if (content.kind === 'unreadable') await this.#read();
      const redis = inspectRedis(await this.#commands.info(this.#keys.record), about);
      findings = redis.findings;
      const facts = { kind: 'redis', ...(redis.version !== undefined && { version: redis.version }) };
      if (access === 'read') return { content, findings: [{ ...readable(facts), about }, ...findings] };
      await this.#tryAllWrites();
      const lease = await tryLease((ttlMs) => this.acquireLease(ttlMs), this.runtime.clock, facts);
      const silence = await this.#commands.publish(this.#keys.channel, '0').then(
        () => [],
        (error: unknown) => [silentFinding(redisError(error), about)],
      );
      return { content, findings: [{ ...lease, about }, ...silence, ...findings] };
    } catch (error) {
      const fault = redisError(error);
      content ??= { kind: 'unreadable', code: fault.code };
      return { content, findings: [unusableFinding(fault, about), ...findings] };
    }
  }

  /** Run every script that writes, on keys of its own: a server may refuse one only when it comes. */
  async #tryAllWrites(): Promise<void> {
    const commands = this.#commands;
    const id = this.runtime.random.id();
    const name = (of: string): string => `${this.#keys.probe}:${id}:${of}`;
    const [record, lease, damaged] = [name('record'), name('lease'), name('damaged')];
    await commands.change(HOLD_LEASE, [lease], () => [id, LEASE_LIFE_MS]);
    await commands.change(SWAP, [record, lease], () => ['', id, '{}', id]);
    const [, , , seen] = (await commands.read(READ, [record])) as [number, string, string, string];
    await commands.change(SET_ASIDE, [record, damaged], () => [seen]);
    // It takes the place of what is no lease, and is over at once.
    await commands.change(HOLD_LEASE, [damaged], () => [id, '1']);
    await commands.change(RELEASE_LEASE, [lease], () => [id]);
  }

  async compareAndSet(expected: TicketRecord | undefined, next: TicketRecord, lease?: TicketLease): Promise<boolean> {
    const { record, lease: leaseKey } = this.#keys;
    const outcome = await this.#commands.change(SWAP, [record, leaseKey], (redisNowMs) => {
      const text = JSON.stringify(shiftTimestamps(next, redisNowMs - this.#clock.now()));
      return [expected?.writeId ?? '', next.writeId, text, lease?.id ?? ''];
    });
    // The record is written, even if the notification fails.
    if (outcome === 'done') void this.#notify(String(next.revision));
    return outcome === 'done';
  }

  async acquireLease(ttlMs: number): Promise<TicketLease | undefined> {
    const { clock, random } = this.runtime;
    const keys = [this.#keys.lease];
    const id = random.id();
    const takenAt = clock.monotonic();
    const hold = () => this.#commands.change(HOLD_LEASE, keys, () => [id, String(Math.ceil(ttlMs))]);
    if ((await hold()) !== 'done') return undefined;
    const beat = async () => (await hold()) !== 'fenced';
    const free = () => this.#commands.change(RELEASE_LEASE, keys, () => [id]);
    return new LeaseHeartbeat(id, ttlMs, takenAt, beat, free, clock);
  }

  /** Listen for records that others write, on a connection of its own. */
  watch(listener: () => void): () => void {
    // The connection, and each that follows it, belongs to no trace; what the listener does, to the application's.
    const notify = inCallersContext(listener);
    const subscriber = untraced(() => duplicate(this.#options.client));
    this.#subscribers.add(subscriber);
    // A client without a listener prints its errors, and those can hold what was sent.
    subscriber.on('error', () => undefined);
    subscriber.on('message', notify);
    subscriber.on('ready', () => {
      const { channel } = this.#keys;
      // Changes that were written while the connection was down have been missed.
      untraced(() => subscriber.subscribe(channel)).then(notify, (error: unknown) => {
        this.#noteNoHints(redisError(error, [channel]));
      });
    });
    return () => {
      this.#subscribers.delete(subscriber);
      subscriber.disconnect();
    };
  }

  /** Closes the subscribers' connections. A client that the application passed stays open. */
  async close(): Promise<void> {
    for (const subscriber of this.#subscribers) subscriber.disconnect();
    if (this.isOwnClient) this.#options.client.disconnect();
  }

  async #notify(revision: string): Promise<void> {
    await this.#commands.publish(this.#keys.channel, revision).catch((fault: RedisError) => this.#noteNoHints(fault));
  }

  #noteNoHints({ isRefusal, message }: RedisError): void {
    if (!isRefusal || this.#hasNotedNoHints) return;
    this.#hasNotedNoHints = true;
    const instead = 'it is noticed by reading the store every few seconds instead';
    this.onWarning?.(`${this.description} does not pass on the news of a write (${message}): ${instead}`);
  }

  async #setAside(seen: string): Promise<void> {
    const { record, damaged } = this.#keys;
    // Who may only read leaves it to the others; there is nothing to read either way.
    const outcome = await this.#commands.change(SET_ASIDE, [record, damaged], () => [seen]).catch(() => 'fenced');
    if (outcome === 'done') this.onWarning?.(`the stored credentials were damaged and set aside as ${damaged}`);
  }
}

/** As the client, but patient: it has nothing to do than to wait for a connection and for messages. */
function duplicate(client: RedisClient): RedisClient {
  const patience = { lazyConnect: false, enableOfflineQueue: true };
  if ('nodes' in client) return client.duplicate([], patience);
  return client.duplicate({ ...patience, maxRetriesPerRequest: null, autoResubscribe: false });
}

/** Scripts that ask for the time and then write need it. */
const OLDEST_MAJOR = 5;

export function inspectRedis({ info, ttlMs }: { readonly info: string; readonly ttlMs: number }, about: string) {
  const field = (name: string) => new RegExp(`^${name}:([\\w.-]{1,64})\\r?$`, 'm').exec(info)?.[1];
  const version = field('redis_version');
  const findings: StoreFinding[] = [];
  const note = (status: 'fail' | 'warn', found: Text, todo: Text, facts?: StoreFinding['facts']) =>
    findings.push({ status, about, found, todo, ...(facts && { facts }) });
  if (Number.parseInt(version ?? '', 10) < OLDEST_MAJOR) {
    const todo = text('Use Redis 5 or newer', '请使用 Redis 5 或更新版本');
    note('fail', text(`Redis ${version}`, `Redis ${version}`), todo);
  }
  if ((field('role') ?? 'master') !== 'master') {
    note('fail', text('a replica', '是只读副本'), text('Point every process at the primary', '请全部指向主节点'));
  }
  if ((field('maxmemory_policy') ?? 'noeviction') !== 'noeviction') {
    const todo = text(
      'Set maxmemory-policy noeviction, or take a Redis that is no cache',
      '请设 maxmemory-policy noeviction，或换一个不作缓存用的 Redis',
    );
    note('warn', text('evicts keys when memory is short', '内存不足时会淘汰键'), todo, { evicts: true });
  }
  if (ttlMs >= 0) {
    const left = duration(ttlMs);
    const found = text(`the record expires in ${left.en}`, `记录 ${left.zh}后过期`);
    const todo = text('Find what sets its TTL: the library never does', '请找出设置它过期时间的程序：本模块从不设置');
    note('warn', found, todo, { recordTtlMs: ttlMs });
  }
  return { version, findings };
}

function silentFinding({ message }: RedisError, about: string): StoreFinding {
  const found = text(`does not pass on messages (${message})`, `不能发布消息（${message}）`);
  const todo = text(
    'Allow PUBLISH and SUBSCRIBE on the channel, or accept that a write is noticed after seconds',
    '请允许在该频道上使用 PUBLISH 和 SUBSCRIBE；否则其他进程要过几秒才会发现写入',
  );
  return { status: 'warn', about, found, todo, facts: { publishes: false } };
}

function unusableFinding({ code, message, isRefusal }: RedisError, about: string) {
  let found = text(`refuses (${message})`, `拒绝访问（${message}）`);
  let todo = text(
    'check user, password, database and privileges (docs/fleet.md names the keys and commands), that it is Redis 5 or newer, ' +
      'and what a proxy before it allows scripts to do',
    '请检查用户、密码、库号和权限（所需的键和命令见 docs/fleet.zh-CN.md），确认是 Redis 5 或更新版本，以及其前面的代理允许脚本做什么',
  );
  if (code === 'MOVED' || code === 'CROSSSLOT') {
    found = text('is a node of a cluster', '是集群节点');
    todo = text(
      'hand in a RedisTicketStore with a Cluster client instead of a URL',
      '请不要写 URL，改为传入使用 Cluster 客户端的 RedisTicketStore',
    );
  } else if (!isRefusal) {
    found = text(`cannot be reached (${code})`, `连不上（${code}）`);
    todo = text('check host, port, TLS (rediss://) and firewall', '请检查主机、端口、TLS（rediss://）和防火墙');
  }
  return { status: 'fail' as const, about, found, todo, facts: { kind: 'redis', code } };
}
