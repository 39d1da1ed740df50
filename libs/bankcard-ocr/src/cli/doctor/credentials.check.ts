import { endsAtMs } from '../../credentials/credential-lifetime.js';
import type { StoreContent } from '../../credentials/store/store-inspection.js';
import { RecordSeal, withoutSealed } from '../../credentials/ticket-record.codec.js';
import { type GenerationRecord, secretFingerprint, type TicketRecord } from '../../credentials/ticket-record.js';
import { duration, text } from '../../errors/text.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { type CheckResult, checkResultsOf } from './check-result.js';

const result = checkResultsOf('credentials');
/** Clocks differ by so much without consequences. */
const CLOCK_TOLERANCE_MS = 1_000;

export function usableRecord(record: TicketRecord, { appId, storeEncryptionKey }: ResolvedOptions): TicketRecord {
  return storeEncryptionKey ? new RecordSeal(storeEncryptionKey, appId).open(record) : withoutSealed(record);
}

export function checkCredentials(content: StoreContent, options: ResolvedOptions): CheckResult[] {
  switch (content.kind) {
    case 'unreadable': {
      const { code } = content;
      return [result('fail', text(`cannot be read (${code})`, `读不到（${code}）`), { facts: { code } })];
    }
    case 'damaged': {
      const todo = text('The next process that reads it sets it aside', '下一个读到它的进程会把它移开，并重新获取');
      return [result('fail', text('the record is damaged', '记录已损坏'), { todo, facts: { record: content.kind } })];
    }
    case 'another-version': {
      const found = text('the record is that of a newer version of this library', '记录由更新版本的本模块写入');
      const todo = text('Update this installation', '请升级这里的版本');
      return [result('fail', found, { todo, facts: { record: content.kind } })];
    }
    case 'nothing':
      return [nothingStored(options)];
    case 'record': {
      const { record } = content;
      if (!record.current) return [nothingStored(options)];
      const wrongKey = checkKeys(record, options);
      return wrongKey ? [wrongKey] : [checkAge(record.current, record, options), ...unfinished(record, options)];
    }
    default:
      return content satisfies never;
  }
}

function nothingStored({ role }: ResolvedOptions): CheckResult {
  const [status, todo] =
    role === 'reader'
      ? (['fail', text('Start a refresher: a reader fetches none', '请启动 refresher：reader 不获取')] as const)
      : (['ok', text('The first process that starts fetches them', '第一个启动的进程会获取')] as const);
  return result(status, text('none yet', '还没有'), { todo, facts: { stored: false } });
}

function isSealed(record: TicketRecord): boolean {
  return withoutSealed(record).current === undefined;
}

function checkKeys(record: TicketRecord, options: ResolvedOptions): CheckResult | undefined {
  if (record.secretFingerprint !== secretFingerprint(options.appId, options.secret.reveal())) {
    const todo = text('Give all processes the same, current one', '请让所有进程使用同一个当前的密钥');
    const found = text('made with another app secret', '是用另一个密钥获取的');
    return result('fail', found, { facts: { anotherSecret: true }, todo });
  }
  if (usableRecord(record, options).current) return undefined;
  const sealed = isSealed(record);
  const found = sealed
    ? text('sealed, and the store key here does not open them', '已加密，这里的 storeEncryptionKey 打不开')
    : text('in clear, while this environment has a store key', '是明文，而这里配置了 storeEncryptionKey');
  const todo = text('Give all processes the same store key', '所有进程必须使用同一个 storeEncryptionKey');
  return result('fail', found, { facts: { sealed, opens: false }, todo });
}

function checkAge(current: GenerationRecord, record: TicketRecord, options: ResolvedOptions): CheckResult {
  const { clock, refreshIntervalMs, ticketOverlapMs, role } = options;
  const sealed = isSealed(record);
  const ageMs = Math.round(clock.now() - current.tokenRequestedAtMs);
  const endsInMs = Math.round(endsAtMs(current) - clock.now());
  const facts = { generation: current.number, ageMs, endsInMs, sealed };
  if (ageMs < -CLOCK_TOLERANCE_MS) {
    const todo = text('Set the clocks of all machines by NTP', '请给所有机器做 NTP 校时');
    return result('fail', text('from the future, and not used', '时间在将来，不会使用'), { facts, todo });
  }
  const [age, left] = [duration(ageMs), duration(Math.abs(endsInMs))];
  const generation = text(
    `generation ${current.number}, ${age.en} old, ${sealed ? 'sealed' : 'in clear'}`,
    `第 ${current.number} 代，已用 ${age.zh}，${sealed ? '已加密' : '明文'}`,
  );
  const todo = text('Is a refresher running on this store? See its log', '是否有 refresher 在使用？请查看它的日志');
  if (endsInMs <= 0) {
    const found = text(`${generation.en}, ended ${left.en} ago`, `${generation.zh}，已过期 ${left.zh}`);
    return result(role === 'reader' ? 'fail' : 'warn', found, { facts, todo });
  }
  const found = text(`${generation.en}, ends in ${left.en}`, `${generation.zh}，${left.zh}后到期`);
  if (ageMs <= refreshIntervalMs + ticketOverlapMs) return result('ok', found, { facts });
  return result('warn', text(`${found.en}, overdue for a refresh`, `${found.zh}，早该刷新了`), { facts, todo });
}

function unfinished({ pending, unanswered, failed }: TicketRecord, options: ResolvedOptions): CheckResult[] {
  const results: CheckResult[] = [];
  const beganAtMs = pending?.tokenRequestedAtMs ?? unanswered?.sinceMs;
  if (beganAtMs !== undefined) {
    const unfinishedSinceMs = Math.max(0, Math.round(options.clock.now() - beganAtMs));
    const { en, zh } = duration(unfinishedSinceMs);
    const found = text(`a refresh was begun ${en} ago and is not finished`, `${zh}前开始的一次刷新还没有完成`);
    const todo = text('The next refresher finishes it', '下一个 refresher 会接着完成');
    const status = unfinishedSinceMs > options.ticketOverlapMs ? 'warn' : 'ok';
    results.push(result(status, found, { facts: { unfinishedSinceMs }, todo }));
  }
  if (failed) {
    const { attempts } = failed;
    const found = text(`refreshes fail, ${attempts} in a row`, `刷新连续失败 ${attempts} 次`);
    const todo = text('See the log of a refresher, or try --live', '原因见 refresher 的日志，也可以用 --live 查');
    results.push(result('warn', found, { facts: { failedAttempts: attempts }, todo }));
  }
  return results;
}

const trace = checkResultsOf('refreshers');
/** A trace that is older explains nothing that happens today. */
const RECENT_MS = 3_600_000;

export function checkRefreshers(content: StoreContent, { clock }: ResolvedOptions): CheckResult[] {
  const limits = text(
    'A program that refreshes without sharing this store leaves no trace here: its sign is a rejected request. --live sends one, and the line foreignRefreshSuspected in the log reports earlier ones',
    '不共享这处存储的程序在这里不留痕迹，只能从被拒的请求看出来：--live 会发一个，日志里的 foreignRefreshSuspected 记录了以往的',
  );
  if (content.kind !== 'record') return [trace('skipped', text('no record', '没有记录'), { todo: limits })];
  const { rejectedId, forcedAtMs, current } = content.record;
  const todo = text('Find the other program that uses the app id (docs/fleet.md)', '请查找使用该 app id 的其他程序');
  const traces: CheckResult[] = [];
  if (rejectedId !== undefined && rejectedId === current?.id) {
    const found = text('a reader was rejected with the stored credentials', '有 reader 使用已存的凭证被拒');
    traces.push(trace('warn', found, { facts: { readerRejected: true }, todo }));
  }
  const forcedMsAgo = Math.max(0, Math.round(clock.now() - (forcedAtMs ?? -Infinity)));
  if (forcedMsAgo < RECENT_MS) {
    const { en, zh } = duration(forcedMsAgo);
    const found = text(`a refresh was forced ${en} ago, by refresh() or a rejection`, `${zh}前有一次强制刷新`);
    traces.push(trace('warn', found, { facts: { forcedMsAgo }, todo }));
  }
  return traces.length > 0 ? traces : [trace('ok', text('no trace of any', '没有发现痕迹'), { todo: limits })];
}
