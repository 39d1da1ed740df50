import { PICTURED_CARD_NUMBER } from './invented-card.js';
import type { SandboxOrder } from './sandbox-order.js';

/** Order numbers that every sandbox knows. */
export const EXAMPLE_ORDERS = {
  /** A clean card, valid until 09/2031; its number is the one on the photos. */
  clean: 'exampleCleanCard',
  /** An expired card (66661009) on a photocopy (-9113). */
  warned: 'exampleExpiredPhotocopy',
  /** A card that shows no validity, and whose crop is empty for good. */
  noValidity: 'exampleNoValidity',
} as const;

export const EXAMPLES: readonly SandboxOrder[] = [
  { orderNo: EXAMPLE_ORDERS.clean, bankCardNo: PICTURED_CARD_NUMBER, clarity: '92' },
  { orderNo: EXAMPLE_ORDERS.warned, bankCardValidDate: '12/2024', warnings: ['-9113', '66661009'] },
  { orderNo: EXAMPLE_ORDERS.noValidity, bankCardValidDate: '', photos: 'no-crop' },
];

/**
 * Order numbers are letters and digits, so a negative code is spelled with an M: `codeM9011`, `warnM9110`.
 * Whatever follows an `x` tells orders of the same code apart: `code400501x7`.
 */
const MAGIC = /^(code|warn)(M?)(\d{1,10})(?:x[0-9A-Za-z]*)?$/;

/**
 * The order number that is always answered with `code`, also with one that no document knows. `suffix` (letters and
 * digits) makes several orders of the same code.
 */
export function orderNoForCode(code: string, suffix?: string): string {
  return spell('code', code, suffix);
}

/** The order number that is always recognised with this one warning. */
export function orderNoForWarning(code: string, suffix?: string): string {
  return spell('warn', code, suffix);
}

/** What a magic order number stands for; undefined for any other. */
export function magicOrder(orderNo: string): SandboxOrder | undefined {
  const match = MAGIC.exec(orderNo);
  if (!match) return undefined;
  const code = `${match[2] === 'M' ? '-' : ''}${match[3]}`;
  if (match[1] === 'warn') {
    const expired = code === '66661009' ? { bankCardValidDate: '12/2024' } : {};
    return { orderNo, warnings: [code], ...expired };
  }
  return code === '0' ? { orderNo } : { orderNo, code };
}

function spell(prefix: 'code' | 'warn', code: string, suffix?: string): string {
  const orderNo = `${prefix}${code.replace('-', 'M')}${suffix === undefined ? '' : `x${suffix}`}`;
  if (orderNo.length > 32 || !MAGIC.test(orderNo)) {
    throw new RangeError(`No order number of 32 letters and digits can be spelled for code '${code}'.`);
  }
  return orderNo;
}
