import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreFinding } from '../../credentials/store/store-inspection.js';
import { isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { codeOrNameOf, redactVendorText } from '../../errors/redaction.js';
import { duration, sentences, type Text, text } from '../../errors/text.js';
import type { CommonFlags } from '../arguments.js';

const TITLES = {
  configuration: text('configuration', '配置'),
  node: text('Node.js', 'Node.js'),
  connection: text('connection', '连接'),
  clock: text('clock', '时钟'),
  store: text('ticket store', 'ticket 存储'),
  credentials: text('stored credentials', '已存凭证'),
  refreshers: text('other refreshers', '其他刷新者'),
  archive: text('archive', '存证档案'),
  live: text('live', '实际调用'),
};

export type CheckName = keyof typeof TITLES;

/** Something that a check has found. Nothing in it is secret, and its facts have durations, never timestamps. */
export interface CheckResult extends StoreFinding {
  readonly check: CheckName;
}

export function checkResultsOf(check: CheckName) {
  return (
    status: CheckResult['status'],
    found: Text,
    rest: Pick<CheckResult, 'about' | 'todo' | 'facts'> = {},
  ): CheckResult => ({ check, status, found, ...rest });
}

/** Run a check, which is aborted at its time limit; one that hangs or throws is a result too. */
export async function runCheck(
  name: CheckName,
  limitMs: number,
  check: (signal: AbortSignal) => Promise<readonly CheckResult[]>,
): Promise<readonly CheckResult[]> {
  const failed = (en: string, zh: string): CheckResult[] => [checkResultsOf(name)('fail', text(en, zh))];
  const end = new AbortController();
  const { en, zh } = duration(limitMs);
  // Unlike AbortSignal.timeout() it keeps the process alive: one that ended here would report nothing.
  const late = sleep(limitMs, failed(`no result within ${en}`, `${zh}内没有结果`), { signal: end.signal });
  try {
    return await Promise.race([late, check(end.signal)]);
  } catch (error) {
    const reason = isBankCardOcrError(error) ? redactVendorText(error.message) : codeOrNameOf(error);
    return failed(`broke down: ${reason}`, `检查中断：${reason}`);
  } finally {
    end.abort();
  }
}

export function exitCodeOf(results: readonly CheckResult[]): 0 | 1 {
  return results.some(({ status }) => status === 'fail') ? 1 : 0;
}

export function doctorReport(
  results: readonly CheckResult[],
  { json, language }: Pick<CommonFlags, 'json' | 'language'>,
): string {
  if (json) {
    const checks = results.map(({ found, todo, ...result }) => {
      return { ...result, found: found[language], ...(todo && { todo: todo[language] }) };
    });
    const exitCode = exitCodeOf(results);
    return JSON.stringify({ command: 'doctor', ok: exitCode === 0, exitCode, checks }, undefined, 2);
  }
  const lines = results.map(({ check, about, status, found, todo }) => {
    const title = [TITLES[check][language], ...(about === undefined ? [] : [about])].join(' ');
    return `${(status === 'fail' ? 'FAIL' : status).padEnd(8)} ${title}${language === 'zh' ? '：' : ': '}${sentences(found, todo)[language]}`;
  });
  return lines.join('\n');
}
