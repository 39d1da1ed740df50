import { BankCardOcrError } from './bank-card-ocr-error.js';

/** One thing that is wrong with the configuration. */
export interface ConfigurationFault {
  /** The option, e.g. `ticketStore`. */
  readonly option: string;
  /** The environment variable that sets it, e.g. `BANKCARD_OCR_TICKET_STORE`. */
  readonly variable?: string;
  /** What is wrong and how to mend it; never a secret's value. */
  readonly fix: string;
}

/** The configuration is wrong; the message lists every fault at once, so that one restart is enough. */
export class BankCardOcrConfigurationError extends BankCardOcrError {
  override name = 'BankCardOcrConfigurationError';
  readonly faults: readonly ConfigurationFault[];

  constructor(faults: readonly ConfigurationFault[], cause?: unknown) {
    const lines = faults.map(({ option, variable, fix }) => {
      return `  - ${option}${variable ? ` (${variable})` : ''}: ${fix}`;
    });
    const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
    super('CONFIGURATION', {
      message: `nestjs-bankcard-ocr cannot start, ${count} in its configuration:\n${lines.join('\n')}`,
      messageZh: `nestjs-bankcard-ocr 无法启动，配置有 ${faults.length} 处错误：\n${lines.join('\n')}`,
      cause,
    });
    this.faults = faults;
  }
}
