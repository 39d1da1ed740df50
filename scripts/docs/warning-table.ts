import type { BankCardOcrResult } from '../../libs/bankcard-ocr/src/card/bank-card-ocr-result.js';
import { CardNumber } from '../../libs/bankcard-ocr/src/card/card-number.js';
import { ExtraFields } from '../../libs/bankcard-ocr/src/card/extra-fields.js';
import { WARNING_TEXTS } from '../../libs/bankcard-ocr/src/errors/vendor-codes.js';
import { applyWarningPolicy, CardRejectedError } from '../../libs/bankcard-ocr/src/results/warning-policy.js';
import { code, markdownTable } from './markdown-table.js';
import type { PageLanguage } from './page-language.js';

const HEAD = { en: ['code', 'meaning', '`strict`'], zh: ['告警码', '含义', '`strict`'] } as const;

/** The warnings of the vendor, and what the policy `strict` makes of a card that has them. */
export function warningTable(language: PageLanguage): string {
  const rows = Object.entries(WARNING_TEXTS).map(([name, text]) => {
    return [code(name), text[language], code(strictVerdict(name))];
  });
  return markdownTable(HEAD[language], rows);
}

function strictVerdict(warning: string): 'accept' | 'reject' {
  const card: BankCardOcrResult = {
    orderNo: 'order1',
    cardNumber: new CardNumber(''),
    validity: { raw: '' },
    warnings: [{ code: warning, en: '', zh: '' }],
    photos: { status: 'absent', damaged: [] },
    extra: new ExtraFields(),
  };
  try {
    applyWarningPolicy(card, 'strict');
    return 'accept';
  } catch (error) {
    if (error instanceof CardRejectedError) return 'reject';
    throw error;
  }
}
