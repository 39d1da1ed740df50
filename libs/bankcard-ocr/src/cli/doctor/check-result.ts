import { isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { codeOrNameOf, redactVendorText } from '../../errors/redaction.js';
import { duration, type Language, sentences, type Text, text } from '../../errors/text.js';
import type { OutputChoice } from '../arguments.js';

/** The checks, in the order in which they are made. */
export type CheckName = keyof typeof TITLES;

/** `fail` keeps the library from working, `warn` may one day, `skipped` was not checked. */
export type CheckStatus = keyof typeof MARKS;

/** Something that a check has found. Nothing in it is secret. */
export interface CheckResult {
  readonly check: CheckName;
  /** Which of several, e.g. a host. */
  readonly about?: string;
  readonly status: CheckStatus;
  readonly found: Text;
  readonly todo?: Text;
  /** The same for programs: lengths of time in milliseconds, moments never. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** Make the results of one check. */
export function checkResultsOf(check: CheckName) {
  return (status: CheckStatus, found: Text, rest: Pick<CheckResult, 'about' | 'todo' | 'facts'> = {}): CheckResult => {
    return { check, status, found, ...rest };
  };
}

/** Run a check, which is aborted at its time limit; one that hangs or throws is a result too. */
export async function runCheck(
  name: CheckName,
  limitMs: number,
  check: (signal: AbortSignal) => Promise<readonly CheckResult[]>,
): Promise<readonly CheckResult[]> {
  const result = checkResultsOf(name);
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly CheckResult[]>((resolve) => {
    timer = setTimeout(() => {
      const limit = duration(limitMs);
      resolve([result('fail', text(`no result within ${limit.en}`, `${limit.zh}内没有结果`))]);
      controller.abort(new Error('the check takes too long'));
    }, limitMs);
  });
  try {
    return await Promise.race([check(controller.signal), late]);
  } catch (error) {
    const reason = isBankCardOcrError(error) ? redactVendorText(error.message) : codeOrNameOf(error);
    return [result('fail', text(`broke down: ${reason}`, `检查中断：${reason}`))];
  } finally {
    clearTimeout(timer);
  }
}

const TITLES = {
  configuration: text('configuration', '配置'),
  node: text('Node.js', 'Node.js'),
  connection: text('connection', '连接'),
  clock: text('clock', '时钟'),
  store: text('ticket store', 'ticket 存储'),
  credentials: text('stored credentials', '已存凭证'),
  refreshers: text('other refreshers', '其他刷新者'),
  live: text('live', '实际调用'),
};
const MARKS = { ok: 'ok', warn: 'warn', fail: 'FAIL', skipped: 'skipped' };
const MARK_LENGTH = 8;

export function exitCodeOf(results: readonly CheckResult[]): 0 | 1 {
  return results.some(({ status }) => status === 'fail') ? 1 : 0;
}

/** Print results as lines, or as one JSON document. */
export function doctorReport(results: readonly CheckResult[], { json, language }: OutputChoice): string {
  if (!json) return results.map((result) => asLine(result, language)).join('\n');
  const checks = results.map(({ found, todo, ...result }) => {
    return { ...result, found: found[language], ...(todo && { todo: todo[language] }) };
  });
  const exitCode = exitCodeOf(results);
  return JSON.stringify({ command: 'doctor', ok: exitCode === 0, exitCode, checks }, undefined, 2);
}

function asLine({ check, about, status, found, todo }: CheckResult, language: Language): string {
  const what = about === undefined ? TITLES[check][language] : `${TITLES[check][language]} ${about}`;
  return `${MARKS[status].padEnd(MARK_LENGTH)} ${what}${language === 'zh' ? '：' : ': '}${sentences(found, todo)[language]}`;
}
