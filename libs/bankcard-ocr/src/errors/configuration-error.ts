import { BankCardOcrError } from './bank-card-ocr-error.js';

/** One thing that is wrong with the configuration. */
export interface ConfigurationIssue {
  /** The option, e.g. `ticketStore`. */
  readonly option: string;
  /** The environment variable that sets it, e.g. `BANKCARD_OCR_TICKET_STORE`, or the one that is wrong, e.g. `HTTPS_PROXY`. */
  readonly variable?: string | undefined;
  /** What is wrong and how to fix it; never a secret's value. */
  readonly fix: string;
  /** The same in Chinese. */
  readonly fixZh: string;
}

/** Attribute a problem to an option. */
export function configurationIssue(option: string, { en, zh }: Problem, variable?: string): ConfigurationIssue {
  return { option, ...(variable !== undefined && { variable }), fix: en, fixZh: zh };
}

/** The configuration is wrong; the message lists every fault at once, so that one restart is enough. */
export class BankCardOcrConfigurationError extends BankCardOcrError {
  override name = 'BankCardOcrConfigurationError';
  readonly issues: readonly ConfigurationIssue[];
  readonly #notes: readonly { readonly en: string; readonly zh: string }[];

  /** @param notes what applies to several faults, e.g. where values are read from; told before them */
  constructor(
    faults: readonly ConfigurationIssue[],
    cause?: unknown,
    notes: readonly { readonly en: string; readonly zh: string }[] = [],
  ) {
    const lines = [
      ...notes.map(({ en }) => `  ${en}`),
      ...faults.map(({ option, variable, fix }) => `  - ${option}${variable ? ` (${variable})` : ''}: ${fix}`),
    ];
    const linesZh = [
      ...notes.map(({ zh }) => `  ${zh}`),
      ...faults.map(({ option, variable, fixZh }) => `  - ${option}${variable ? `（${variable}）` : ''}：${fixZh}`),
    ];
    const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
    super('CONFIGURATION', {
      message: `nestjs-bankcard-ocr cannot start, ${count} in its configuration:\n${lines.join('\n')}`,
      messageZh: `nestjs-bankcard-ocr 无法启动，配置有 ${faults.length} 处错误：\n${linesZh.join('\n')}`,
      cause,
    });
    this.issues = faults;
    this.#notes = notes;
  }

  /** The same with more notes. @internal */
  withNotes(more: readonly { readonly en: string; readonly zh: string }[]): BankCardOcrConfigurationError {
    return new BankCardOcrConfigurationError(this.issues, this.cause, [...this.#notes, ...more]);
  }
}

/** What is wrong with a value and how to fix it, in both languages. It never repeats a value that may be secret. */
export class Problem {
  constructor(
    readonly en: string,
    readonly zh: string,
  ) {}
}

/** Describe what a value is instead of what it must be, without repeating a text that may be secret. */
export function got(value: unknown): Problem {
  if (typeof value === 'string') return gotText(value);
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number') {
    return new Problem(`got ${String(value)}`, `实际为 ${String(value)}`);
  }
  if (Array.isArray(value)) return new Problem('got a list', '实际为数组');
  return typeof value === 'object'
    ? new Problem('got an object', '实际为对象')
    : new Problem(`got a ${typeof value}`, `实际为 ${typeof value}`);
}

/** Only what begins like a number is repeated, e.g. `5s`: any other text may have slipped in from a secret's place. */
const HARMLESS_TEXT = /^[+-]?\d[\d.,_]{0,11} ?[a-z%]{0,12}$/i;
const IN_QUOTATION_MARKS = /^["'`“”‘’].*["'`“”‘’]$/s;

function gotText(text: string): Problem {
  if (IN_QUOTATION_MARKS.test(text)) return new Problem('got text in quotation marks', '实际为带引号的文本');
  if (HARMLESS_TEXT.test(text)) return new Problem(`got text "${text}"`, `实际为文本 "${text}"`);
  return text === '' ? new Problem('got empty text', '实际为空文本') : new Problem('got text', '实际为文本');
}

const QUOTATION_MARK = /^["'`“”‘’]|["'`“”‘’]$/;
/** `${NAME}`, `$(NAME)`, `{{ NAME }}`, and as a whole `$NAME`, `%NAME%`, `<name>`. */
const PLACEHOLDER = /\$\{|\$\([A-Za-z_]|\{\{|^\$[A-Za-z_]\w*$|^%[A-Za-z_]\w*%$|^<[^<>]*>$/;
/** What JavaScript writes for a value that is none, as a whole or as a part of a URL or a path. */
const NO_VALUE = /(^|[/:@=])(undefined|null|NaN)([/:@?#]|$)|\[object \w+\]/;
const NO_VALUE_AS_A_WHOLE = /^(undefined|null|none|nil|nan|true|false)$/i;

/** Find quotation marks around a configured text, a placeholder that was not replaced, or the text of a missing value. */
export function unusableText(text: string): Problem | undefined {
  if (QUOTATION_MARK.test(text.trim())) {
    return new Problem(
      'has quotation marks around it: remove them (docker --env-file, systemd and Kubernetes hand them over as part of the value)',
      '两端带有引号：请去掉（docker --env-file、systemd、Kubernetes 会把引号当作值的一部分）',
    );
  }
  if (PLACEHOLDER.test(text.trim())) {
    return new Problem(
      'holds a placeholder that was not replaced: put the value itself there',
      '含有未被替换的占位符：请填入实际的值',
    );
  }
  if (NO_VALUE.test(text.trim())) {
    return new Problem(
      "holds 'undefined', 'null' or the like, the text of a missing value: set it, or leave it out",
      "含有 'undefined'、'null' 之类的文本，说明取值缺失：请设置该值，或不要设置这一项",
    );
  }
  return undefined;
}

/** Whether a text as a whole is the text of a missing value, in one of the usual languages. */
export function saysNoValue(text: string): boolean {
  return NO_VALUE_AS_A_WHOLE.test(text.trim());
}
