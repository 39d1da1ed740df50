import type { BankCardOcrErrorCode } from '../errors/error-codes.js';

/** What is told of one exchange with the vendor; nothing in it is secret. */
export interface ExchangeRecord {
  readonly endpoint: 'access_token' | 'api_ticket' | 'getBankCardOcrResult' | 'bankcardocrapp';
  /** `OK`, the code of the error, or `ABORTED` when the caller gave up or the whole time was over. */
  readonly outcome: 'OK' | 'ABORTED' | BankCardOcrErrorCode;
  readonly vendorCode?: string;
  readonly bizSeqNo?: string;
  readonly durationMs: number;
  /** Counts the repetitions of one call, from 1. */
  readonly attempt: number;
  /** The generation of credentials that was used. */
  readonly generation?: number;
}

/** Is told of every exchange; must not throw. */
export type ExchangeListener = (record: ExchangeRecord) => void;
