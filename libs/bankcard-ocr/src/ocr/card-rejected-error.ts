import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import type { CardValidity } from '../card/card-validity.js';
import type { CardWarning } from '../card/card-warning.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';

/** What is known of a card that was rejected: plain data, without the full number and without photos. */
export interface RejectedCard {
  readonly orderNo: string;
  /** Masked, e.g. `622202*********0128`; the full number is not kept. */
  readonly cardNumber: string;
  readonly validity: CardValidity;
  /** All of the card's warnings, also those that are accepted. */
  readonly warnings: readonly CardWarning[];
  /** 0 to 100. */
  readonly clarity?: number;
  readonly operatedAt?: Date;
  readonly bizSeqNo?: string;
}

/** The vendor recognised the card, but `warningPolicy` rejects it: code `CARD_REJECTED`; a new photo is needed. */
export class CardRejectedError extends BankCardOcrError {
  override name = 'CardRejectedError';
  /** The warnings that were rejected. */
  readonly warnings: readonly CardWarning[];
  readonly card: RejectedCard;
  /** Of the card; of a recognition it may have been generated. */
  readonly orderNo: string;

  constructor(result: BankCardOcrResult, rejected: readonly CardWarning[]) {
    super('CARD_REJECTED', {
      message: `the card was recognised, but the warning policy rejects it: ${listOf(rejected, 'en', ', ')}`,
      messageZh: `银行卡存在告警，不予接受：${listOf(rejected, 'zh', '、')}`,
      bizSeqNo: result.bizSeqNo,
    });
    this.warnings = rejected.map(copyOf);
    this.card = cardOf(result);
    this.orderNo = result.orderNo;
  }
}

function listOf(warnings: readonly CardWarning[], language: 'en' | 'zh', separator: string): string {
  return warnings.map((warning) => `${warning[language]} (${warning.code})`).join(separator);
}

/** Field by field: an error may live long in a log or a queue, and must not keep the photos alive. */
function cardOf(result: BankCardOcrResult): RejectedCard {
  const { orderNo, cardNumber, validity, warnings, clarity, operatedAt, bizSeqNo } = result;
  return {
    orderNo,
    cardNumber: cardNumber.masked,
    validity: { ...validity },
    warnings: warnings.map(copyOf),
    ...(clarity === undefined ? {} : { clarity }),
    ...(operatedAt === undefined ? {} : { operatedAt }),
    ...(bizSeqNo === undefined ? {} : { bizSeqNo }),
  };
}

function copyOf({ code, en, zh }: CardWarning): CardWarning {
  return { code, en, zh };
}
