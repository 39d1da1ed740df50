import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';

/** A forced refresh was wanted less than one overlap after the last one. */
export class RefreshCooldownError extends BankCardOcrError {
  constructor(retryAfterMs: number) {
    super('RATE_LIMITED', {
      message:
        'two forced refreshes must stand one overlap (ticketOverlapMs) apart: the vendor ends what others still use',
      retryAfterMs,
    });
  }
}
