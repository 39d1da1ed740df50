import type { VendorCodeText } from './vendor-codes.js';

/** Every warning code of protocol.md section 6: the recognition succeeded all the same, the partner decides. */
export const WARNING_CODES = [
  { code: '-9110', msg: '银行卡有效日期无效', msgEn: 'invalid date' },
  { code: '-9111', msg: '银行卡边框不完整', msgEn: 'border incomplete' },
  { code: '-9112', msg: '银行卡图片反光', msgEn: 'glare' },
  { code: '-9113', msg: '银行卡复印件', msgEn: 'photocopy' },
  { code: '-9114', msg: '银行卡翻拍件', msgEn: 'photo of a screen' },
  { code: '66661009', msg: '银行卡已过期', msgEn: 'card expired' },
] as const satisfies readonly VendorCodeText[];

/** A documented warning code. */
export type WarningCode = (typeof WARNING_CODES)[number]['code'];
