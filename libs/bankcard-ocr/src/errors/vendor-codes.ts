import type { Actor, BankCardOcrErrorCode } from './error-codes.js';
import type { Text } from './text.js';

/** When the same request may be sent again: docs/errors.md says what each of them means. */
export const RETRY_RULES = ['never', 'refresh-credentials', 'backoff', 'once', 'delayed'] as const;

/** One of {@link RETRY_RULES}. */
export type RetryRule = (typeof RETRY_RULES)[number];

/** What one of Tencent's codes means. */
interface VendorCodeRule {
  /** The code of the error that is thrown. */
  readonly error: BankCardOcrErrorCode;
  readonly actor: Actor;
  readonly retry: RetryRule;
  readonly en: string;
  readonly zh: string;
}

function rows(error: BankCardOcrErrorCode, actor: Actor, retry: RetryRule) {
  return (en: string, zh: string): VendorCodeRule => ({ error, actor, retry, en, zh });
}

const invalid = rows('INVALID_ARGUMENT', 'developer', 'never');
const misconfigured = rows('CONFIGURATION', 'developer', 'never');
const denied = rows('ACCESS_DENIED', 'developer', 'never');
const noContract = rows('ACCESS_DENIED', 'business', 'never');
const expired = rows('CREDENTIALS_REJECTED', 'application', 'refresh-credentials');
const rejected = rows('CREDENTIALS_REJECTED', 'developer', 'refresh-credentials');
const notFound = rows('ORDER_NOT_FOUND', 'developer', 'once');
const overLimit = rows('RATE_LIMITED', 'application', 'backoff');
const tooFrequent = rows('RATE_LIMITED', 'application', 'delayed');
const unreadable = rows('CARD_UNREADABLE', 'end-user', 'never');
const fault = rows('VENDOR_FAULT', 'vendor', 'backoff');
const failedAttempt = rows('VENDOR_FAULT', 'end-user', 'never');
const unknown = rows('VENDOR_CODE_UNKNOWN', 'developer', 'never');

/** Tencent's codes (protocol.md section 6), `0` for success left out. The one table that decides about them. */
export const VENDOR_CODES: Readonly<Record<string, VendorCodeRule>> = {
  '1': invalid('illegal request', '非法请求'),
  '2': invalid('a parameter is missing or wrong', '参数缺失或错误'),
  '3': invalid('against a business rule', '不符合业务规则'),
  '4': fault('system fault', '系统异常'),
  '5': notFound('no data found', '未查询到数据'),
  '6': fault('system fault (6)', '系统异常 (6)'),
  '7': fault('system fault (7)', '系统异常 (7)'),
  '8': fault('system fault (8)', '系统异常 (8)'),
  '9': fault('storage fault (9)', '存储异常 (9)'),
  '10': fault('storage fault (10)', '存储异常 (10)'),
  '11': fault('file fault (11)', '文件异常 (11)'),
  '12': fault('file fault (12)', '文件异常 (12)'),
  '13': fault('cache fault (13)', '缓存异常 (13)'),
  '14': invalid('already completed', '该请求已完成'),
  '15': expired('the access token has expired', 'access token 已失效'),
  '300101': failedAttempt('encryption or decryption failed: try again', '加解密失败，请重新发起'),
  '400101': rejected('signature check failed or malformed request', '签名校验失败或请求不合法'),
  '400102': expired('the login state is lost', '登录态丢失'),
  '400103': denied('access denied', '服务器拒绝访问'),
  '400104': denied('no privilege for this service', '没有该服务的权限'),
  '400105': denied('identity check failed', '身份校验失败'),
  '400501': overLimit('over the TPS limit', '请求超过 TPS 限制'),
  '400502': misconfigured('wrong version parameter', '请求版本号错误'),
  '400503': invalid('the hash of the file is wrong', '文件哈希校验失败'),
  '400504': tooFrequent('too frequent', '请求过于频繁'),
  '400506': overLimit('over the concurrency limit of the app id', '超过应用并发限制'),
  '400601': invalid('the request body is too large', '请求体过大'),
  '999997': fault('timeout inside Tencent', '服务超时'),
  '999998': fault('fault of the front system', '前置系统异常'),
  '999999': fault('internal fault', '系统内部异常'),
  '66660000': invalid('the order number is longer than 32', '订单号超过 32 位'),
  '66660001': misconfigured('the app id does not exist', 'app id 不存在'),
  '66660002': noContract('the contract has expired', '合同已过期'),
  '66660011': notFound('no such result', '无查询结果'),
  '66660020': notFound('no result for this order number', '查无此订单号'),
  '66660021': fault("timeout of Tencent's system", '系统超时'),
  '66660030': noContract('this type of service is not supported', '不支持的业务类型'),
  '-1304': invalid('the order number is longer than 32', '订单号超过 32 位'),
  '-9011': unreadable('the card was not recognized', '银行卡未能识别'),
  '-9012': unreadable('the photo is blurred', '照片模糊'),
  '-9013': unreadable('the photo does not show a bank card', '照片不是银行卡'),
  '-9014': unreadable(
    'the card information is invalid (number, glare or cover)',
    '银行卡信息不合法 (卡号、反光或遮挡)',
  ),
  // Documented for the identity card and the face only; what they say about a picture holds for one of a bank card.
  '66660015': unreadable('the picture is faulty', '视频或图片异常'),
  '66661001': unreadable('the angle or the sharpness of the picture is insufficient', '拍摄角度或清晰度不合要求'),
  '66661005': unreadable('the picture cannot be decoded', '图像解码异常'),
  '66661010': unreadable('the format of the picture is wrong', '图片格式有误'),
};

/** Tencent's warnings (protocol.md section 6): the recognition succeeded, the partner decides. */
export const WARNING_TEXTS: Readonly<Record<string, Text>> = {
  '-9110': { en: 'the validity date is not valid', zh: '银行卡有效日期无效' },
  '-9111': { en: 'the border of the card is incomplete', zh: '银行卡边框不完整' },
  '-9112': { en: 'glare on the card', zh: '银行卡图片反光' },
  '-9113': { en: 'a photocopy', zh: '银行卡复印件' },
  '-9114': { en: 'a photo of a screen', zh: '银行卡翻拍件' },
  '66661009': { en: 'the card has expired', zh: '银行卡已过期' },
};

/** What to make of a code that is in no document: show it, do not repeat it. */
const UNKNOWN_CODE = unknown(
  "a code that is not documented: see Tencent's message, and give it a row with the option vendorCodeOverrides",
  '未收录的错误码，请查看腾讯云消息，并可用 vendorCodeOverrides 选项登记',
);

/** Replacements for rows, or parts of rows, of {@link VENDOR_CODES}; the keys are Tencent's codes. */
export type VendorCodeOverrides = Readonly<
  Record<string, { readonly [Member in keyof VendorCodeRule]?: VendorCodeRule[Member] | undefined }>
>;

/** Look a vendor code up; `overrides` (option `vendorCodeOverrides`) win over the table, field by field. */
export function vendorCodeRule(code: string, overrides: VendorCodeOverrides = {}): VendorCodeRule {
  const documented = Object.hasOwn(VENDOR_CODES, code) ? VENDOR_CODES[code] : undefined;
  const override = Object.hasOwn(overrides, code) ? Object.entries(overrides[code] ?? {}) : [];
  const given = Object.fromEntries(override.filter(([, value]) => value !== undefined));
  return { ...UNKNOWN_CODE, ...documented, ...given };
}

export function warningText(code: string): Text {
  const documented = Object.hasOwn(WARNING_TEXTS, code) ? WARNING_TEXTS[code] : undefined;
  return documented ?? { en: 'a warning that is not documented', zh: '未收录的告警码' };
}
