import type { StoreFinding } from '../credentials/store/store-inspection.js';
import { duration, type Text, text } from '../errors/text.js';
import type { RedisCommands } from './redis-commands.js';
import type { RedisError } from './redis-error.js';
import type { RedisKeys } from './redis-keys.js';
import { READ, RELEASE_LEASE, RENEW_LEASE, SET_ASIDE, SWAP, TAKE_LEASE } from './redis-scripts.js';

/** Whatever a trial leaves when its process is killed in the middle ends by itself, except for one record of few bytes. */
const LEASE_LIFE_MS = '5000';

/** Run every script that writes, on keys of its own: a server may refuse one only when it comes. @param id unique */
export async function tryAllWrites(commands: RedisCommands, keys: RedisKeys, id: string): Promise<void> {
  const name = (of: string): string => `${keys.probe}:${id}:${of}`;
  const [record, lease, damaged] = [name('record'), name('lease'), name('damaged')];
  await commands.change(TAKE_LEASE, [lease], () => [id, LEASE_LIFE_MS]);
  await commands.change(RENEW_LEASE, [lease], () => [id, LEASE_LIFE_MS]);
  await commands.change(SWAP, [record, lease], () => ['', id, '{}', id]);
  const [, , , seen] = (await commands.read(READ, [record])) as [number, string, string, string];
  await commands.change(SET_ASIDE, [record, damaged], () => [seen]);
  // It takes the place of what is no lease, and is over at once.
  await commands.change(TAKE_LEASE, [damaged], () => [id, '1']);
  await commands.change(RELEASE_LEASE, [lease], () => [id]);
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

export function silentFinding({ message }: RedisError, about: string): StoreFinding {
  const found = text(`does not pass on messages (${message})`, `不能发布消息（${message}）`);
  const todo = text(
    'Allow PUBLISH and SUBSCRIBE on the channel, or accept that a write is noticed after seconds',
    '请允许在该频道上使用 PUBLISH 和 SUBSCRIBE；否则其他进程要过几秒才会发现写入',
  );
  return { status: 'warn', about, found, todo, facts: { publishes: false } };
}

export function unusableFinding({ code, message, isRefusal }: RedisError, about: string) {
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
