import { endsAtMs } from '../../credentials/credential-lifetime.js';
import type { GenerationRecord, TicketRecord } from '../../credentials/ticket-record.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import type { StoreInspection } from '../store/store-probe.js';
import { duration, sentences, type Text, text } from '../text.js';
import { type CheckResult, checkResultsOf } from './check-result.js';
import { stateOf, type StoredState } from './stored-state.js';

const finding = checkResultsOf('credentials');
/** Clocks differ by so much without anybody noticing. */
const CLOCK_STEP_MS = 1_000;

const UNREADABLE: Readonly<Record<'damaged' | 'another-version', readonly [found: Text, todo: Text]>> = {
  damaged: [
    text('the record is damaged', '记录已损坏'),
    text(
      'Nothing to do but to find the cause: the next process that reads it sets it aside and fetches new credentials',
      '不必处理，但请查明原因：下一个读到它的进程会把它移开，并重新获取凭证',
    ),
  ],
  'another-version': [
    text('the record is that of a newer version of this library', '记录由更新版本的本模块写入'),
    text('Update this installation', '请升级这里的版本'),
  ],
};

/** Judge what the store holds; tokens and tickets are not even counted in letters. */
export function checkCredentials(look: StoreInspection, options: ResolvedOptions): CheckResult[] {
  if (look.kind === 'unreadable') {
    return [
      finding('fail', text(`cannot be read (${look.code})`, `读不到（${look.code}）`), { facts: { code: look.code } }),
    ];
  }
  if (look.kind === 'damaged' || look.kind === 'another-version') {
    const [found, todo] = UNREADABLE[look.kind];
    return [finding('fail', found, { todo, facts: { record: look.kind } })];
  }
  if (look.kind === 'nothing' || !look.record.current) return [nothing(options)];
  const state = stateOf(look.record, { ...options, secret: options.secret.reveal() });
  const mismatch = mismatchFinding(state);
  if (mismatch) return [mismatch];
  return [judge(look.record.current, state, options), ...unfinished(look.record, options)];
}

function nothing({ role }: ResolvedOptions): CheckResult {
  const isReader = role === 'reader';
  return finding(isReader ? 'fail' : 'ok', text('none yet', '还没有'), {
    facts: { stored: false },
    todo: isReader
      ? text('Start a refresher: a reader fetches none', '请启动 refresher：reader 自己不获取')
      : text('The first process that starts fetches them', '第一个启动的进程会获取'),
  });
}

function mismatchFinding({ madeWithOtherSecret, isUnusable, isSealed }: StoredState): CheckResult | undefined {
  if (madeWithOtherSecret) {
    return finding('fail', text('made with another app secret', '是用另一个密钥获取的'), {
      facts: { anotherSecret: true },
      todo: text(
        'If the vendor has changed the secret, restart everybody with the new one; else this environment has a wrong one, or the wrong store',
        '如果服务商刚换过密钥，请让所有进程用新密钥重启；否则是这里的密钥或存储配错了',
      ),
    });
  }
  if (!isUnusable) return undefined;
  const found = isSealed
    ? text(
        'sealed, and the store key of this environment does not open them',
        '已加密，这里的 storeEncryptionKey 打不开',
      )
    : text('in clear, while this environment has a store key', '是明文，而这里配置了 storeEncryptionKey');
  return finding('fail', found, {
    facts: { sealed: isSealed ?? false, opens: false },
    todo: text(
      "Give all processes the same store key: those with different ones end each other's credentials",
      '所有进程必须使用同一个 storeEncryptionKey：不同的 key 会互相作废凭证',
    ),
  });
}

function judge(current: GenerationRecord, { isSealed }: StoredState, options: ResolvedOptions): CheckResult {
  const { clock, refreshIntervalMs, ticketOverlapMs, role } = options;
  const ageMs = Math.round(clock.now() - current.tokenRequestedAtMs);
  const endsInMs = Math.round(endsAtMs(current) - clock.now());
  const facts = { generation: current.number, ageMs, endsInMs, sealed: isSealed === true };
  const form = isSealed ? text('sealed', '已加密') : text('in clear', '明文');
  if (ageMs < -CLOCK_STEP_MS) {
    return finding(
      'fail',
      text('from the future: their age is not known, and they are not used', '时间在将来：无法判断寿命，不会使用'),
      {
        facts,
        todo: text('Set the clocks of all machines by NTP', '请给所有机器做 NTP 校时'),
      },
    );
  }
  const [age, left] = [duration(ageMs), duration(Math.abs(endsInMs))];
  const generation = text(
    `generation ${current.number}, ${age.en} old, ${form.en}`,
    `第 ${current.number} 代，已用 ${age.zh}，${form.zh}`,
  );
  const isRefresherMissing = text(
    'Is a refresher running on this store? See its log',
    '是否有 refresher 在使用这处存储？请查看它的日志',
  );
  if (endsInMs <= 0) {
    const found = text(`${generation.en}, ended ${left.en} ago`, `${generation.zh}，已过期 ${left.zh}`);
    return finding(role === 'reader' ? 'fail' : 'warn', found, { facts, todo: isRefresherMissing });
  }
  const found = text(`${generation.en}, ends in ${left.en}`, `${generation.zh}，${left.zh}后到期`);
  const isLate = ageMs > refreshIntervalMs + ticketOverlapMs;
  return isLate
    ? finding('warn', text(`${found.en}, overdue for a refresh`, `${found.zh}，早该刷新了`), {
        facts,
        todo: isRefresherMissing,
      })
    : finding('ok', found, { facts });
}

/** A refresh that somebody began and has not finished, and one that fails. */
function unfinished(
  { pending, unanswered, failed }: TicketRecord,
  { clock, ticketOverlapMs }: ResolvedOptions,
): CheckResult[] {
  const beganAtMs = pending?.tokenRequestedAtMs ?? unanswered?.sinceMs;
  const sinceMs = beganAtMs === undefined ? undefined : Math.max(0, Math.round(clock.now() - beganAtMs));
  const findings: CheckResult[] = [];
  if (sinceMs !== undefined) {
    const since = duration(sinceMs);
    const found = text(
      `a refresh was begun ${since.en} ago and is not finished`,
      `${since.zh}前开始的一次刷新还没有完成`,
    );
    findings.push(
      finding(sinceMs > ticketOverlapMs ? 'warn' : 'ok', found, {
        facts: { unfinishedSinceMs: sinceMs },
        todo: text('The next refresher finishes it', '下一个 refresher 会接着完成'),
      }),
    );
  }
  if (failed) {
    const found = text(`refreshes fail, ${failed.attempts} in a row`, `刷新连续失败 ${failed.attempts} 次`);
    findings.push(
      finding('warn', found, {
        facts: { failedAttempts: failed.attempts },
        todo: sentences(
          text('The log of a refresher says why; so may --live', '原因见 refresher 的日志，也可以用 --live 查'),
        ),
      }),
    );
  }
  return findings;
}
