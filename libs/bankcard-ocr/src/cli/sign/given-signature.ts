import { text } from '../text.js';
import type { BrokenRule } from './signing-rule.js';

/** A signature as it was handed in: its bytes, in whatever form they are written, and what is wrong with the form. */
export interface GivenSignature {
  readonly bytes: Buffer | undefined;
  readonly broken: readonly BrokenRule[];
}

const HEX = /^(?:[0-9A-Fa-f]{2})+$/;
const BASE64 = /^[A-Za-z0-9+/_-]{20,}={0,2}$/;
const DIGITS = 40;

/** Read a signature. @param mayBeLower the vendor's own signatures come in any letter case */
export function readSignature(sign: string, mayBeLower: boolean): GivenSignature {
  const trimmed = sign.trim();
  const spaced: BrokenRule[] =
    trimmed === sign ? [] : [{ rule: 'form', how: text('white space stands around it', '前后有空白') }];
  if (HEX.test(trimmed)) {
    const bytes = Buffer.from(trimmed, 'hex');
    if (trimmed.length !== DIGITS) return { bytes, broken: [...spaced, wrongLength(trimmed.length)] };
    const isUpper = trimmed === trimmed.toUpperCase();
    return { bytes, broken: isUpper || mayBeLower ? spaced : [...spaced, LOWER_CASE] };
  }
  if (BASE64.test(trimmed)) return { bytes: Buffer.from(trimmed, 'base64'), broken: [...spaced, NOT_HEX] };
  return { bytes: undefined, broken: [...spaced, wrongLength(trimmed.length)] };
}

const LOWER_CASE: BrokenRule = {
  rule: 'letter-case',
  how: text('it has lower-case digits: the vendor wants 0-9 and A-F', '含有小写字母：必须是 0-9 和 A-F'),
};
const NOT_HEX: BrokenRule = {
  rule: 'form',
  how: text('it is Base64: the vendor wants 40 hexadecimal digits', '是 Base64：必须是 40 位十六进制'),
};

function wrongLength(length: number): BrokenRule {
  const how = text(
    `it must be 40 hexadecimal digits; it has ${length} characters`,
    `必须是 40 位十六进制；现在有 ${length} 个字符`,
  );
  return { rule: 'form', how };
}
