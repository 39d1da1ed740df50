import type { OutputChoice } from '../arguments.js';
import { type Language, sentences, type Text, text } from '../text.js';
import type { CheckName, CheckResult, CheckStatus } from './check-result.js';

const TITLES: Readonly<Record<CheckName, Text>> = {
  configuration: text('configuration', '配置'),
  node: text('Node.js', 'Node.js'),
  dns: text('DNS', '域名解析'),
  connection: text('connection', '连接'),
  clock: text('clock', '时钟'),
  store: text('ticket store', 'ticket 存储'),
  credentials: text('stored credentials', '已存凭证'),
  refreshers: text('other refreshers', '其他刷新者'),
  live: text('live', '实际调用'),
};
const MARKS: Readonly<Record<CheckStatus, string>> = { ok: 'ok', warn: 'warn', fail: 'FAIL', skipped: 'skipped' };
const MARK_LENGTH = 8;

/** The exit code that findings ask for. */
export function exitCodeOf(findings: readonly CheckResult[]): 0 | 1 {
  return findings.some(({ status }) => status === 'fail') ? 1 : 0;
}

/** Print findings as lines, or as one JSON document. */
export function doctorReport(findings: readonly CheckResult[], { json, language }: OutputChoice): string {
  return json ? asJson(findings, language) : findings.map((finding) => asLine(finding, language)).join('\n');
}

function asLine({ check, about, status, found, todo }: CheckResult, language: Language): string {
  const what = about === undefined ? TITLES[check][language] : `${TITLES[check][language]} ${about}`;
  const colon = language === 'zh' ? '：' : ': ';
  return `${MARKS[status].padEnd(MARK_LENGTH)} ${what}${colon}${sentences(found, todo)[language]}`;
}

function asJson(findings: readonly CheckResult[], language: Language): string {
  const checks = findings.map(({ found, todo, ...finding }) => {
    return { ...finding, found: found[language], ...(todo && { todo: todo[language] }) };
  });
  const exitCode = exitCodeOf(findings);
  return JSON.stringify({ command: 'doctor', ok: exitCode === 0, exitCode, checks }, undefined, 2);
}
