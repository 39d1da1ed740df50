import type { Text } from '../errors/text.js';
import { VENDOR_CODES, WARNING_TEXTS } from '../errors/vendor-codes.js';

/** Tencent documents them for the identity card and the face only. */
const OF_SIBLINGS: ReadonlySet<string> = new Set(['66660015', '66661001', '66661005', '66661010']);

function listed(texts: Readonly<Record<string, Text>>) {
  return Object.entries(texts).map(([code, { en, zh }]) => ({ code, msg: zh, msgEn: en }));
}

/** Every failure code of protocol.md section 6. */
export const SANDBOX_CODES = listed(VENDOR_CODES).filter(({ code }) => !OF_SIBLINGS.has(code));

/** Every warning code of protocol.md section 6: the recognition succeeded all the same, the partner decides. */
export const SANDBOX_WARNINGS = listed(WARNING_TEXTS);

export function messageOfCode(code: string): string {
  if (code === '0') return '请求成功';
  return VENDOR_CODES[code]?.zh ?? `未知错误${code}`;
}
