import { type Finding, findingsOf } from '../doctor/finding.js';
import { duration, text } from '../text.js';
import type { RedisInfo } from './redis-info.js';

const finding = findingsOf('store');
/** Scripts that ask for the time and then write need it. */
const OLDEST_MAJOR = 5;

/** Judge what Redis says of itself, and of the life of the record. */
export function judgeRedis(info: RedisInfo, recordTtlMs: number | undefined, about: string): Finding[] {
  const findings: Finding[] = [];
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
