import { BankCardOcrError } from '../../libs/bankcard-ocr/src/errors/bank-card-ocr-error.js';
import type { BankCardOcrErrorCode } from '../../libs/bankcard-ocr/src/errors/error-codes.js';
import { VENDOR_CODES } from '../../libs/bankcard-ocr/src/errors/vendor-codes.js';
import { finalRejection } from '../../libs/bankcard-ocr/src/call/retry.js';
import { statusOf } from '../../libs/bankcard-ocr/src/http/error-response.js';
import { vendorFailure } from '../../libs/bankcard-ocr/src/vendor/response/envelope.js';
import { asMarkdown } from './doc-comment.js';
import { ACTOR_TEXTS, ERROR_REASONS, RETRY_TEXTS } from './error-reasons.js';
import type { GeneratedParts } from './generated-parts.js';
import { code, markdownTable } from './markdown-table.js';
import type { InBoth, PageLanguage } from './page-language.js';
import { warningTable } from './warning-table.js';

const HEADS = {
  codes: {
    en: ['code', 'HTTP', 'who acts', 'retryable', 'when'],
    zh: ['错误码', 'HTTP', '处理方', '可重试', '什么情况'],
  },
  actors: { en: ['`actor`', 'who acts'], zh: ['`actor`', '处理方'] },
  rules: { en: ['sent again', 'by the library'], zh: ['重发', '本模块怎么做'] },
  vendorCodes: {
    en: ['vendor code', 'meaning', 'error', 'HTTP', 'who acts', 'sent again', 'retryable'],
    zh: ['腾讯云响应码', '含义', '错误码', 'HTTP', '处理方', '重发', '可重试'],
  },
} as const;
const YES: InBoth = { en: 'yes', zh: '是' };
const NO: InBoth = { en: 'no', zh: '否' };

/** The tables of errors and of what they are made of; the code that throws them decides what is in a row. */
export function errorTables(_root: string, language: PageLanguage): GeneratedParts {
  const legend = (head: readonly string[], texts: Readonly<Record<string, InBoth>>) => {
    const rows = Object.entries(texts).map(([name, text]) => [code(name), text[language]]);
    return markdownTable(head, rows);
  };
  const codes = Object.entries(ERROR_REASONS).map(([name, text]) => {
    const error = new BankCardOcrError(name as BankCardOcrErrorCode);
    return [code(name), ...factsOf(error, language), asMarkdown(text[language])];
  });
  const vendorCodes = Object.entries(VENDOR_CODES).map(([name, rule]) => {
    const failure = vendorFailure({ code: name, message: '' }, {});
    // The column says what the error says after newer credentials were rejected as well.
    const error = rule.retry === 'refresh-credentials' ? finalRejection(failure) : failure;
    const [status, actor, retryable] = factsOf(error, language);
    return [code(name), rule[language], code(error.code), status, actor, code(rule.retry), retryable];
  });
  return new Map([
    ['error codes', markdownTable(HEADS.codes[language], codes)],
    ['actors', legend(HEADS.actors[language], ACTOR_TEXTS)],
    ['vendor codes', markdownTable(HEADS.vendorCodes[language], vendorCodes)],
    ['retry rules', legend(HEADS.rules[language], RETRY_TEXTS)],
    ['warnings', warningTable(language)],
  ]);
}

function factsOf(error: BankCardOcrError, language: PageLanguage): [status: string, actor: string, retryable: string] {
  return [String(statusOf(error)), code(error.actor), (error.retryable ? YES : NO)[language]];
}
