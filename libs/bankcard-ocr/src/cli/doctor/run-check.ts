import { isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { redactVendorText } from '../../errors/redaction.js';
import { duration, text } from '../text.js';
import { type CheckName, type Finding, findingsOf } from './finding.js';

/** Looks at something; is told when its time is over. */
export type Check = (signal: AbortSignal) => Promise<readonly Finding[]>;

/** Run a check; one that hangs or breaks down is a finding too. */
export async function runCheck(name: CheckName, limitMs: number, check: Check): Promise<readonly Finding[]> {
  const finding = findingsOf(name);
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Finding[]>((resolve) => {
    timer = setTimeout(() => {
      const limit = duration(limitMs);
      resolve([finding('fail', text(`no answer within ${limit.en}`, `${limit.zh}内没有结果`))]);
      controller.abort(new Error('the check takes too long'));
    }, limitMs);
  });
  try {
    return await Promise.race([check(controller.signal), late]);
  } catch (error) {
    return [finding('fail', text(`broke down: ${nameOf(error)}`, `检查中断：${nameOf(error)}`))];
  } finally {
    clearTimeout(timer);
  }
}

/** What can be said of an error that nobody expected: its text may repeat what was sent. */
export function nameOf(error: unknown): string {
  if (isBankCardOcrError(error)) return redactVendorText(error.message);
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const known = typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,48}$/.test(code) ? code : name;
  return typeof known === 'string' && /^\w{1,48}$/.test(known) ? known : 'Error';
}
