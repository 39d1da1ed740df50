import type { TicketRecord } from '../../credentials/ticket-record.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import type { StoreInspection } from '../store/store-probe.js';
import { duration, text } from '../text.js';
import { type CheckResult, checkResultsOf } from './check-result.js';

const finding = checkResultsOf('refreshers');
/** A trace that is older explains nothing that happens today. */
const RECENT_MS = 3_600_000;
/** So much earlier than its interval no timer fires. */
const EARLY = 0.5;

const LIMITS = text(
  'A program that refreshes without sharing this store leaves no trace here: its sign is a rejected request. --live sends one, and the line foreignRefreshSuspected in the log tells of others',
  '不共享这处存储的程序在这里不留痕迹，只能从被拒的请求看出来：--live 会发一个，日志里的 foreignRefreshSuspected 记录了以往的',
);
const FIND_IT = text(
  'Look for another program that uses the app id: an old service, another environment, a script (docs/fleet.md)',
  '请查找还有谁在用这个 app id：旧服务、别的环境、脚本（docs/fleet.zh-CN.md）',
);

/** Look for traces of somebody else who refreshes the same app id. */
export function checkRefreshers(look: StoreInspection, options: ResolvedOptions): CheckResult[] {
  if (look.kind !== 'record')
    return [finding('skipped', text('no record to look at', '没有可看的记录'), { todo: LIMITS })];
  const traces = tracesIn(look.record, options);
  return traces.length > 0 ? traces : [finding('ok', text('no trace of any', '没有发现痕迹'), { todo: LIMITS })];
}

function tracesIn(record: TicketRecord, { clock, refreshIntervalMs }: ResolvedOptions): CheckResult[] {
  const { rejectedId, forcedAtMs, current } = record;
  const traces: CheckResult[] = [];
  if (rejectedId !== undefined && rejectedId === current?.id) {
    const found = text('a reader was refused with what is stored', '有 reader 使用已存的凭证被拒');
    traces.push(finding('warn', found, { facts: { readerRejected: true }, todo: FIND_IT }));
  }
  const forcedMs = forcedAtMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, clock.now() - forcedAtMs);
  if (forcedMs < RECENT_MS) {
    const ago = duration(forcedMs);
    const found = text(
      `a refresh was forced ${ago.en} ago: somebody called refresh(), or was refused`,
      `${ago.zh}前有一次强制刷新：有人调用了 refresh()，或凭证被拒`,
    );
    traces.push(finding('warn', found, { facts: { forcedMsAgo: Math.round(forcedMs) }, todo: FIND_IT }));
  }
  const shortest = shortestLifeMs(record);
  if (shortest !== undefined && shortest < refreshIntervalMs * EARLY) {
    const life = duration(shortest);
    const found = text(
      `a generation was replaced after ${life.en}, long before its interval`,
      `有一代凭证只用了 ${life.zh} 就被替换，远早于刷新间隔`,
    );
    const todo = text(
      'A process that shares the store has a shorter interval, calls refresh(), or was refused',
      '共享这处存储的某个进程间隔更短、调用了 refresh()，或凭证被拒',
    );
    traces.push(finding('warn', found, { facts: { shortestLifeMs: Math.round(shortest) }, todo }));
  }
  return traces;
}

/** Of two generations that replaced each other; undefined with less than two. */
function shortestLifeMs({ earlier = [] }: TicketRecord): number | undefined {
  const replaced = earlier.map(({ replacedAtMs }) => replacedAtMs);
  const lives = replaced.slice(1).map((moment, index) => (replaced[index] ?? moment) - moment);
  return lives.length > 0 ? Math.min(...lives) : undefined;
}
