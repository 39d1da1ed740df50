import { shiftMoments } from '../../credentials/record-moments.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { SYSTEM_RANDOM } from '../../random.js';
import { RedisCommands } from '../../redis/redis-commands.js';
import { redisFault } from '../../redis/redis-fault.js';
import { type RedisKeys, redisKeysFor } from '../../redis/redis-keys.js';
import { loadIoredis } from '../../redis/load-ioredis.js';
import { RedisLease } from '../../redis/redis-lease.js';
import { READ } from '../../redis/redis-scripts.js';
import { tryAllWrites } from '../../redis/redis-trial.js';
import { createRedisClient, describeRedis } from '../../redis/redis-url.js';
import { readStored } from '../../redis/stored-record.js';
import { type Finding, findingsOf } from '../doctor/finding.js';
import { text } from '../text.js';
import { leaseFinding } from './lease-trial.js';
import { readRedisInfo } from './redis-info.js';
import { judgeRedis } from './redis-judgement.js';
import { lookBy, type StoredLook } from './stored-look.js';
import type { StoreVisit } from './store-visit.js';

type Client = ReturnType<typeof createRedisClient>;

const finding = findingsOf('store');
/** Longer than the library itself waits: here somebody looks on. */
const COMMAND_TIMEOUT_MS = 3_000;

/** A look at the keys of one app id. */
export class RedisStoreVisit implements StoreVisit {
  readonly #client: Client;
  readonly #commands: RedisCommands;
  readonly #keys: RedisKeys;
  readonly #place: string;
  /** The code of the last failed connection. */
  #lastFault: string | undefined;
  /** Why nothing can be read. */
  #unusableCode: string | undefined;

  private constructor(
    client: Client,
    private readonly options: ResolvedOptions,
  ) {
    this.#client = client;
    this.#commands = new RedisCommands(client, COMMAND_TIMEOUT_MS, true);
    this.#keys = redisKeysFor(options.appId, '');
    this.#place = describeRedis(client);
    client.on('error', (error: unknown) => (this.#lastFault = redisFault(error).code));
  }

  /** @throws {@link IoredisMissing} */
  static async begin(url: string, options: ResolvedOptions): Promise<RedisStoreVisit> {
    return new RedisStoreVisit(createRedisClient(url, await loadIoredis()), options);
  }

  async tryAccess(): Promise<readonly Finding[]> {
    try {
      await this.#commands.connected();
      await this.#read();
    } catch (error) {
      this.#unusableCode = this.#codeOf(error);
      return [this.#unusable(error)];
    }
    const info = await this.#info();
    const judged = judgeRedis(info, await this.#recordTtlMs(), this.#place);
    const facts = { kind: 'redis', ...(info.version !== undefined && { version: info.version }) };
    if (this.options.role === 'reader') {
      return [finding('ok', text('can be read', '可读'), { about: this.#place, facts }), ...judged];
    }
    try {
      await tryAllWrites(this.#commands, this.#keys, SYSTEM_RANDOM.id());
      const lease = await leaseFinding(
        (ttlMs) => RedisLease.tryTake(this.#commands, this.#keys, ttlMs),
        this.options,
        facts,
      );
      return [{ ...lease, about: this.#place }, ...(await this.#hints()), ...judged];
    } catch (error) {
      return [this.#unusable(error), ...judged];
    }
  }

  async look(): Promise<StoredLook> {
    // Whoever could not get in a moment ago is not kept waiting again.
    if (this.#unusableCode !== undefined) return { kind: 'unreadable', code: this.#unusableCode };
    try {
      await this.#commands.connected();
      const askedAtMs = this.options.clock.now();
      const answer = await this.#read();
      return lookBy(() => {
        const { redisNowMs, stored } = readStored(answer);
        if (stored.kind !== 'record') return stored;
        return { kind: 'record', record: shiftMoments(stored.record, askedAtMs - redisNowMs) };
      });
    } catch (error) {
      return { kind: 'unreadable', code: this.#codeOf(error) };
    }
  }

  async close(): Promise<void> {
    this.#client.disconnect();
  }

  async #read(): Promise<unknown> {
    return this.#commands.read(READ, [this.#keys.record]);
  }

  /** Whether others can be told of a write; without that they notice it by polling. */
  async #hints(): Promise<readonly Finding[]> {
    try {
      await this.#commands.publish(this.#keys.channel, '0');
      return [];
    } catch (error) {
      const { message } = redisFault(error);
      const found = text(`does not pass on messages (${message})`, `不能发布消息（${message}）`);
      const todo = text(
        'Allow PUBLISH and SUBSCRIBE on the channel, or accept that a write is noticed after seconds',
        '请允许在该频道上使用 PUBLISH 和 SUBSCRIBE；否则其他进程要过几秒才会发现写入',
      );
      return [finding('warn', found, { about: this.#place, facts: { publishes: false }, todo })];
    }
  }

  /** What a user with few privileges is not told stays unknown. */
  async #info(): Promise<ReturnType<typeof readRedisInfo>> {
    return readRedisInfo(await this.#client.info().catch(() => ''));
  }

  /** @returns undefined when the record does not expire, does not exist, or nobody says */
  async #recordTtlMs(): Promise<number | undefined> {
    const ttlMs = await this.#client.pttl(this.#keys.record).catch(() => -1);
    return ttlMs >= 0 ? ttlMs : undefined;
  }

  #unusable(error: unknown): Finding {
    const code = this.#codeOf(error);
    const fault = redisFault(error);
    const refuses = fault.isRefusal;
    return finding(
      'fail',
      refuses
        ? text(`refuses (${fault.message})`, `拒绝访问（${fault.message}）`)
        : text(`cannot be reached (${code})`, `连不上（${code}）`),
      {
        about: this.#place,
        facts: { kind: 'redis', code },
        todo: refuses
          ? text(
              'Check user, password, database and privileges: docs/fleet.md names the keys and commands. A node of a cluster needs a client of your own',
              '请检查用户、密码、库号和权限：docs/fleet.zh-CN.md 列出了所需的键和命令。集群节点需要自建客户端',
            )
          : text('Check host, port, TLS (rediss://) and firewall', '请检查主机、端口、TLS（rediss://）和防火墙'),
      },
    );
  }

  #codeOf(error: unknown): string {
    const { code } = redisFault(error);
    return code === 'NOT_CONNECTED' ? (this.#lastFault ?? code) : code;
  }
}
