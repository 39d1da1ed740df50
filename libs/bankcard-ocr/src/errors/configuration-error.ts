import { BankCardOcrError } from './bank-card-ocr-error.js';
import type { Problem } from './problem.js';

/** One thing that is wrong with the configuration. */
export interface ConfigurationFault {
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
export function configurationFault(option: string, { en, zh }: Problem, variable?: string): ConfigurationFault {
  return { option, ...(variable !== undefined && { variable }), fix: en, fixZh: zh };
}

/** The configuration is wrong; the message lists every fault at once, so that one restart is enough. */
export class BankCardOcrConfigurationError extends BankCardOcrError {
  override name = 'BankCardOcrConfigurationError';
  readonly faults: readonly ConfigurationFault[];
  readonly #notes: readonly { readonly en: string; readonly zh: string }[];

  /** @param notes what applies to several faults, e.g. where values are read from; told before them */
  constructor(
    faults: readonly ConfigurationFault[],
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
    this.faults = faults;
    this.#notes = notes;
  }

  /** The same with more notes. @internal */
  withNotes(more: readonly { readonly en: string; readonly zh: string }[]): BankCardOcrConfigurationError {
    return new BankCardOcrConfigurationError(this.faults, this.cause, [...this.#notes, ...more]);
  }
}
