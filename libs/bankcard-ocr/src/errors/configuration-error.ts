import { inspect } from 'node:util';
import { BankCardOcrError } from './bank-card-ocr-error.js';
import { type Text, text, withVariable } from './text.js';

/** One thing that is wrong with the configuration. */
export interface ConfigurationIssue {
  /** The option, e.g. `ticketStore`. */
  readonly option: string;
  /** The environment variable that sets it, e.g. `BANKCARD_OCR_TICKET_STORE`, or the one that is wrong, e.g. `HTTPS_PROXY`. */
  readonly variable?: string | undefined;
  /** What is wrong and how to fix it; never a secret's value. */
  readonly fix: string;
  readonly fixZh: string;
}

/** What is wrong with a value and how to fix it, in both languages. It never repeats a value that may be secret. */
export class Problem implements Text {
  constructor(
    readonly en: string,
    readonly zh: string,
  ) {}
}

export function configurationIssue(option: string, { en, zh }: Problem, variable?: string): ConfigurationIssue {
  return { option, ...(variable !== undefined && { variable }), fix: en, fixZh: zh };
}

/** The configuration is wrong; the message lists every fault at once, so that one restart is enough. */
export class BankCardOcrConfigurationError extends BankCardOcrError {
  override name = 'BankCardOcrConfigurationError';

  /** @param notes what applies to several issues, e.g. where values are read from; printed before them */
  constructor(
    readonly issues: readonly ConfigurationIssue[],
    cause?: unknown,
    notes: readonly Text[] = [],
  ) {
    const count = issues.length;
    const lines = [
      text(
        `nestjs-bankcard-ocr cannot start, ${count} ${count === 1 ? 'fault' : 'faults'} in its configuration:`,
        `nestjs-bankcard-ocr 无法启动，配置有 ${count} 处错误：`,
      ),
      ...notes.map(({ en, zh }) => text(`  ${en}`, `  ${zh}`)),
      ...issues.map(({ option, variable, fix, fixZh }) => {
        const { en, zh } = withVariable(option, variable);
        return text(`  - ${en}: ${fix}`, `  - ${zh}：${fixZh}`);
      }),
    ];
    const [message, messageZh] = [lines.map(({ en }) => en).join('\n'), lines.map(({ zh }) => zh).join('\n')];
    super('CONFIGURATION', { message, messageZh, cause });
  }
}

/** Only what begins like a number is repeated, e.g. `5s`: any other text may have slipped in from a secret's place. */
const HARMLESS_TEXT = /^(["']?)[+-]?\d[\d.,_]{0,11} ?[a-z%]{0,12}\1$|^$/i;

/** Describe what a value is instead of what it must be, without repeating a text that may be secret. */
export function got(value: unknown): Problem {
  const isHarmless = typeof value === 'string' && HARMLESS_TEXT.test(value);
  const isPlain = value === null || ['undefined', 'boolean', 'number'].includes(typeof value);
  const is = isHarmless ? inspect(value) : isPlain ? String(value) : Array.isArray(value) ? 'array' : typeof value;
  return new Problem(`got ${is}`, `实际为 ${is}`);
}

const UNUSABLE: readonly RegExp[] = [
  /^["'`“”‘’]|["'`“”‘’]$/,
  // `${NAME}`, `$(NAME)`, `{{ NAME }}`, and as a whole `$NAME`, `%NAME%`, `<name>`.
  /\$\{|\$\([A-Za-z_]|\{\{|^\$[A-Za-z_]\w*$|^%[A-Za-z_]\w*%$|^<[^<>]*>$/,
  // What JavaScript writes for a value that is none, as a whole or as a part of a URL or a path.
  /(^|[/:@=])(undefined|null|NaN)([/:@?#]|$)|\[object \w+\]/,
];
const PUT_THE_VALUE_ITSELF = new Problem(
  'has quotation marks around it (docker --env-file, systemd and Kubernetes keep them), holds a placeholder that was not ' +
    "replaced, e.g. ${NAME}, or the text of a missing value, e.g. 'undefined': set the value itself, or leave it out",
  '两端带有引号（docker --env-file、systemd、Kubernetes 会保留引号）、含有未被替换的占位符（如 ${NAME}），' +
    "或含有 'undefined' 之类说明取值缺失的文本：请填入实际的值，或不要设置这一项",
);

/** Find quotation marks around a configured text, a placeholder that was not replaced, or the text of a missing value. */
export function unusableText(value: string): Problem | undefined {
  return UNUSABLE.some((sign) => sign.test(value.trim())) ? PUT_THE_VALUE_ITSELF : undefined;
}
