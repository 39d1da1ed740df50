import type { StoreFinding } from '../credentials/store/store-inspection.js';
import { duration, text } from '../errors/text.js';
import type { RedisCommands } from './redis-commands.js';
import type { RedisError } from './redis-error.js';
import type { RedisKeys } from './redis-keys.js';
import { READ, RELEASE_LEASE, RENEW_LEASE, SET_ASIDE, SWAP, TAKE_LEASE, TRY_TO_WRITE } from './redis-scripts.js';

/** Whatever a trial leaves when its process is killed in the middle ends by itself, except for one record of few bytes. */
const LEASE_LIFE_MS = '5000';

/**
 * Run every script that writes, on names of its own that stand where the real ones do. A server that holds them all to
 * be in order may still refuse one when it comes: for a privilege, or a proxy's rule about scripts.
 *
 * @param id of this trial, which nobody else has
 * @throws {@link RedisError} when one is refused, or nobody answers
 */
export async function tryAllWrites(commands: RedisCommands, keys: RedisKeys, id: string): Promise<void> {
  await commands.change(TRY_TO_WRITE, [keys.probe], () => []);
  const [record, lease, damaged] = ['record', 'lease', 'damaged'].map((name) => `${keys.probe}:${id}:${name}`) as [
    string,
    string,
    string,
  ];
  await commands.change(TAKE_LEASE, [lease], () => [id, LEASE_LIFE_MS]);
  await commands.change(RENEW_LEASE, [lease], () => [id, LEASE_LIFE_MS]);
  await commands.change(SWAP, [record, lease], () => ['', id, '{}', id]);
  const [, , , seen] = (await commands.read(READ, [record])) as [number, string, string, string];
  await commands.change(SET_ASIDE, [record, damaged], () => [seen]);
  await commands.change(TRY_TO_WRITE, [damaged], () => []);
  await commands.change(RELEASE_LEASE, [lease], () => [id]);
}

/** Scripts that ask for the time and then write need it. */
const OLDEST_MAJOR = 5;

/** What Redis says of itself that matters to a ticket store; undefined is unknown. */
interface RedisFacts {
  readonly version: string | undefined;
  readonly isReplica: boolean;
  readonly evicts: boolean;
  /** TTL of the record in milliseconds; undefined when it does not expire. */
  readonly recordTtlMs: number | undefined;
}

/** Read the responses to `INFO`, and to `PTTL` of the record. */
export function readRedisFacts({ info, ttlMs }: { readonly info: string; readonly ttlMs: number }): RedisFacts {
  const field = (name: string) => new RegExp(`^${name}:([\\w.-]{1,64})\\r?$`, 'm').exec(info)?.[1];
  return {
    version: field('redis_version'),
    isReplica: (field('role') ?? 'master') !== 'master',
    evicts: (field('maxmemory_policy') ?? 'noeviction') !== 'noeviction',
    recordTtlMs: ttlMs >= 0 ? ttlMs : undefined,
  };
}

export function factFindings({ version, isReplica, evicts, recordTtlMs }: RedisFacts, about: string): StoreFinding[] {
  const findings: StoreFinding[] = [];
  if (version !== undefined && Number.parseInt(version, 10) < OLDEST_MAJOR) {
    const todo = text('Use Redis 5 or newer', '请使用 Redis 5 或更新版本');
    findings.push({ status: 'fail', about, found: text(`Redis ${version}`, `Redis ${version}`), todo });
  }
  if (isReplica) {
    const todo = text('Point everybody at the primary', '请全部指向主节点');
    findings.push({ status: 'fail', about, found: text('a replica', '是只读副本'), todo });
  }
  if (evicts) {
    const found = text('evicts keys when memory is short', '内存不足时会淘汰键');
    const todo = text(
      'Set maxmemory-policy noeviction, or take a Redis that is no cache',
      '请设 maxmemory-policy noeviction，或换一个不作缓存用的 Redis',
    );
    findings.push({ status: 'warn', about, found, todo, facts: { evicts } });
  }
  if (recordTtlMs !== undefined) {
    const left = duration(recordTtlMs);
    const found = text(`the record expires in ${left.en}`, `记录 ${left.zh}后过期`);
    const todo = text('Find who sets its TTL: the library never does', '请找出谁给它设了过期时间：本模块从不设置');
    findings.push({ status: 'warn', about, found, todo, facts: { recordTtlMs } });
  }
  return findings;
}

/** Redis does not pass on messages about writes. */
export function silentFinding({ message }: RedisError, about: string): StoreFinding {
  const found = text(`does not pass on messages (${message})`, `不能发布消息（${message}）`);
  const todo = text(
    'Allow PUBLISH and SUBSCRIBE on the channel, or accept that a write is noticed after seconds',
    '请允许在该频道上使用 PUBLISH 和 SUBSCRIBE；否则其他进程要过几秒才会发现写入',
  );
  return { status: 'warn', about, found, todo, facts: { publishes: false } };
}

export function unusableFinding({ code, message, isRefusal }: RedisError, about: string): StoreFinding {
  const found = isRefusal
    ? text(`refuses (${message})`, `拒绝访问（${message}）`)
    : text(`cannot be reached (${code})`, `连不上（${code}）`);
  const todo = isRefusal
    ? text(
        'Check user, password, database and privileges: docs/fleet.md names the keys and commands. A node of a cluster needs a client of your own',
        '请检查用户、密码、库号和权限：docs/fleet.zh-CN.md 列出了所需的键和命令。集群节点需要自建客户端',
      )
    : text('Check host, port, TLS (rediss://) and firewall', '请检查主机、端口、TLS（rediss://）和防火墙');
  return { status: 'fail', about, found, todo, facts: { kind: 'redis', code } };
}
