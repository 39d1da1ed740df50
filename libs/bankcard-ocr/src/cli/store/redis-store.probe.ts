import { shiftTimestamps } from '../../credentials/ticket-record.codec.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { loadIoredis } from '../../redis/load-ioredis.js';
import { RedisCommands } from '../../redis/redis-commands.js';
import { redisError } from '../../redis/redis-error.js';
import { type RedisKeys, redisKeysFor } from '../../redis/redis-keys.js';
import { RedisLease } from '../../redis/redis-lease.js';
import { READ } from '../../redis/redis-scripts.js';
import { createRedisClient, describeRedis } from '../../redis/redis-url.js';
import { tryAllWrites } from '../../redis/redis-write-check.js';
import { readStored } from '../../redis/stored-record.js';
import { SYSTEM_RANDOM } from '../../runtime/random.js';
import { type CheckResult, checkResultsOf } from '../doctor/check-result.js';
import { duration, text } from '../text.js';
import { leaseFinding, lookBy, type StoreInspection, type StoreProbe } from './store-probe.js';

type Client = ReturnType<typeof createRedisClient>;

const finding = checkResultsOf('store');
/** Longer than the library itself waits: here somebody looks on. */
const COMMAND_TIMEOUT_MS = 3_000;

/** A look at the keys of one app id. */
export class RedisStoreProbe implements StoreProbe {
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
    client.on('error', (error: unknown) => (this.#lastFault = redisError(error).code));
  }

  /** @throws {@link IoredisMissing} */
  static async begin(url: string, options: ResolvedOptions): Promise<RedisStoreProbe> {
    return new RedisStoreProbe(createRedisClient(url, await loadIoredis()), options);
  }

  async tryAccess(): Promise<readonly CheckResult[]> {
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

  async look(): Promise<StoreInspection> {
    // Whoever could not get in a moment ago is not kept waiting again.
    if (this.#unusableCode !== undefined) return { kind: 'unreadable', code: this.#unusableCode };
    try {
      await this.#commands.connected();
      const askedAtMs = this.options.clock.now();
      const answer = await this.#read();
      return lookBy(() => {
        const { redisNowMs, stored } = readStored(answer);
        if (stored.kind !== 'record') return stored;
        return { kind: 'record', record: shiftTimestamps(stored.record, askedAtMs - redisNowMs) };
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
  async #hints(): Promise<readonly CheckResult[]> {
    try {
      await this.#commands.publish(this.#keys.channel, '0');
      return [];
    } catch (error) {
      const { message } = redisError(error);
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

  #unusable(error: unknown): CheckResult {
    const code = this.#codeOf(error);
    const fault = redisError(error);
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
    const { code } = redisError(error);
    return code === 'NOT_CONNECTED' ? (this.#lastFault ?? code) : code;
  }
}

/** Scripts that ask for the time and then write need it. */
const OLDEST_MAJOR = 5;

/** Judge what Redis says of itself, and of the life of the record. */
export function judgeRedis(info: RedisInfo, recordTtlMs: number | undefined, about: string): CheckResult[] {
  const findings: CheckResult[] = [];
  const { version, isReplica, evicts, appends } = info;
  if (version !== undefined && Number.parseInt(version, 10) < OLDEST_MAJOR) {
    findings.push(
      finding('fail', text(`Redis ${version}`, `Redis ${version}`), {
        about,
        todo: text('Use Redis 5 or newer', '请使用 Redis 5 或更新版本'),
      }),
    );
  }
  if (isReplica) {
    findings.push(
      finding('fail', text('a replica', '是只读副本'), {
        about,
        todo: text('Point everybody at the primary', '请全部指向主节点'),
      }),
    );
  }
  if (evicts) {
    findings.push(
      finding('warn', text('evicts keys when memory is short', '内存不足时会淘汰键'), {
        about,
        todo: text(
          'Set maxmemory-policy noeviction, or take a Redis that is no cache',
          '请设 maxmemory-policy noeviction，或换一个不作缓存用的 Redis',
        ),
        facts: { evicts },
      }),
    );
  }
  if (recordTtlMs !== undefined) {
    const left = duration(recordTtlMs);
    findings.push(
      finding('warn', text(`the record expires in ${left.en}`, `记录 ${left.zh}后过期`), {
        about,
        todo: text('Find who sets its life: the library never does', '请找出谁给它设了过期时间：本模块从不设置'),
        facts: { recordTtlMs },
      }),
    );
  }
  if (appends === false) {
    findings.push(
      finding('ok', text('keeps no log of writes (appendonly no)', '没有开启追加日志（appendonly no）'), {
        about,
        todo: text(
          'That is allowed: if Redis and all processes start together, it costs one refresh',
          '这没有问题：只有 Redis 和所有进程同时重启，才多一次刷新',
        ),
        facts: { appends },
      }),
    );
  }
  return findings;
}

/** What Redis says of itself that matters to a ticket store; undefined is not told. */
export interface RedisInfo {
  readonly version?: string;
  readonly isReplica?: boolean;
  readonly evicts?: boolean;
  /** It keeps a log of writes. Whether it saves snapshots now and then is not told. */
  readonly appends?: boolean;
}

/** Read the answer to `INFO`. */
export function readRedisInfo(answer: string): RedisInfo {
  const fields = new Map(
    answer.split(/\r?\n/).flatMap((line): [string, string][] => {
      const [, name, value] = /^(\w{1,64}):([\w.-]{1,64})$/.exec(line) ?? [];
      return name !== undefined && value !== undefined ? [[name, value]] : [];
    }),
  );
  const policy = fields.get('maxmemory_policy');
  const role = fields.get('role');
  const appends = fields.get('aof_enabled');
  return {
    version: fields.get('redis_version'),
    isReplica: role === undefined ? undefined : role !== 'master',
    evicts: policy === undefined ? undefined : policy !== 'noeviction',
    appends: appends === undefined ? undefined : appends === '1',
  };
}
