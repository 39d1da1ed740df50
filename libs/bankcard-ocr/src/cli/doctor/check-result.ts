import { isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { errorCodeOf, redactVendorText } from '../../errors/redaction.js';
import { duration, type Text, text } from '../text.js';

/** What is looked at, in this order. */
export type CheckName =
  'configuration' | 'node' | 'dns' | 'connection' | 'clock' | 'store' | 'credentials' | 'refreshers' | 'live';

/** How something is: `fail` keeps the library from working, `warn` may one day, `skipped` was not looked at. */
export type CheckStatus = 'ok' | 'warn' | 'fail' | 'skipped';

/** Something that a check has found. Nothing in it is secret. */
export interface CheckResult {
  readonly check: CheckName;
  /** What of several, e.g. a host. */
  readonly about?: string;
  readonly status: CheckStatus;
  readonly found: Text;
  readonly todo?: Text;
  /** The same for programs: lengths of time in milliseconds, moments never. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** Make the findings of one check. */
export function checkResultsOf(check: CheckName) {
  return (status: CheckStatus, found: Text, rest: Pick<CheckResult, 'about' | 'todo' | 'facts'> = {}): CheckResult => {
    return { check, status, found, ...rest };
  };
}

/** Looks at something; is told when its time is over. */
type Check = (signal: AbortSignal) => Promise<readonly CheckResult[]>;

/** Run a check; one that hangs or breaks down is a finding too. */
export async function runCheck(name: CheckName, limitMs: number, check: Check): Promise<readonly CheckResult[]> {
  const finding = checkResultsOf(name);
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly CheckResult[]>((resolve) => {
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
  const known = errorCodeOf(error) ?? (error as { name?: unknown } | null | undefined)?.name;
  return typeof known === 'string' && /^\w{1,48}$/.test(known) ? known : 'Error';
}
