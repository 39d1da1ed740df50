import { createHash } from 'node:crypto';
import type { Clock } from '../../runtime/clock.js';
import { chinaDateTime } from '../response/vendor-response.js';

/** An order that a phone has recognized, or failed to. */
export interface SandboxOrder {
  /** 1 to 32 letters and digits. */
  readonly orderNo: string;
  /** @default an invented, Luhn-valid 19-digit number derived from the order number */
  readonly bankCardNo?: string | undefined;
  /** `MM/yyyy`, or empty when the card shows none. @default '09/2031' */
  readonly bankCardValidDate?: string | undefined;
  /** Warning codes, the first becomes `warnCode`. @default none */
  readonly warnings?: readonly string[] | undefined;
  /** @default '79' */
  readonly clarity?: string | undefined;
  /** `yyyy-MM-dd HH:mm:ss`, China time. @default when the order was added, or the sandbox was started */
  readonly operateTime?: string | undefined;
  /** `no-crop`: the cropped photo is empty for good. `none`: there is no photo at all. @default 'all' */
  readonly photos?: 'all' | 'no-crop' | 'none' | undefined;
  /** A failure code: the order has no result but this. @default undefined, recognized */
  readonly code?: string | undefined;
}

/** An order with every default filled in. */
export interface KnownOrder extends Required<Omit<SandboxOrder, 'code'>>, Pick<SandboxOrder, 'code'> {
  /** Base64 of the image that was sent for recognition; a phone's photo is the sandbox's own. */
  readonly sentImage?: string | undefined;
}

export const LEGAL_ORDER_NO = /^[0-9A-Za-z]{1,32}$/;

/** The vendor's book of orders: added ones, the examples, the magic ones and, when asked for, invented ones. */
export class OrderBook {
  readonly #startedAt: string;
  readonly #orders = new Map<string, KnownOrder>();

  constructor(private readonly clock: Clock) {
    this.#startedAt = chinaDateTime(clock.now());
    for (const example of EXAMPLES) this.add(example);
  }

  /** Add an order, or replace the one of the same number. @param sentImage Base64 of an image that it was recognized on */
  add(order: SandboxOrder, sentImage?: string): KnownOrder {
    if (!LEGAL_ORDER_NO.test(order.orderNo)) {
      throw new RangeError('An order number is 1 to 32 letters and digits; the vendor would never hold this one.');
    }
    const known = { ...complete(order, chinaDateTime(this.clock.now())), sentImage };
    this.#orders.set(order.orderNo, known);
    return known;
  }

  has(orderNo: string): boolean {
    return this.#orders.has(orderNo);
  }

  find(orderNo: string, invent: boolean): KnownOrder | undefined {
    const order = this.#orders.get(orderNo) ?? magicOrder(orderNo) ?? (invent ? { orderNo } : undefined);
    return order && complete(order, this.#startedAt);
  }
}

function complete(order: SandboxOrder, operateTime: string): KnownOrder {
  const given = Object.fromEntries(Object.entries(order).filter(([, value]) => value !== undefined));
  const bankCardNo = inventedCardNumber(order.orderNo);
  return { ...DEFAULTS, operateTime, bankCardNo, ...(given as Pick<SandboxOrder, 'orderNo'>) };
}

const DEFAULTS = { bankCardValidDate: '09/2031', warnings: [], clarity: '79', photos: 'all' } as const;

export function withLuhnDigit(payload: string): string {
  const sum = Array.from(payload)
    .toReversed()
    .reduce((total, digit, at) => {
      const value = at % 2 === 0 ? Number(digit) * 2 : Number(digit);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return payload + String((10 - (sum % 10)) % 10);
}

/** Number on the invented cards of the sandbox's photos. */
export const PICTURED_CARD_NUMBER = withLuhnDigit('622202123456789012');

/** Invented, 19 digits, the same for the same order number; the zeros after 62 say that it is a test number. */
export function inventedCardNumber(orderNo: string): string {
  const hash = createHash('sha256').update(orderNo).digest().readUIntBE(0, 6);
  return withLuhnDigit(`620000${String(hash % 10 ** 12).padStart(12, '0')}`);
}

export const EXAMPLE_ORDERS = {
  /** A clean card, valid until 09/2031; its number is the one on the photos. */
  clean: 'exampleCleanCard',
  /** An expired card (66661009) on a photocopy (-9113). */
  warned: 'exampleExpiredPhotocopy',
  /** A card that shows no validity, and whose crop is empty for good. */
  noValidity: 'exampleNoValidity',
} as const;

const EXAMPLES: readonly SandboxOrder[] = [
  { orderNo: EXAMPLE_ORDERS.clean, bankCardNo: PICTURED_CARD_NUMBER, clarity: '92' },
  { orderNo: EXAMPLE_ORDERS.warned, bankCardValidDate: '12/2024', warnings: ['-9113', '66661009'] },
  { orderNo: EXAMPLE_ORDERS.noValidity, bankCardValidDate: '', photos: 'no-crop' },
];

/** A negative code is spelled with an M: `codeM9011`. What follows an `x` distinguishes orders: `code400501x7`. */
const MAGIC = /^(code|warn)(M?)(\d{1,10})(?:x[0-9A-Za-z]*)?$/;

/** The order number whose response always has `code`; `suffix` (letters and digits) makes several of one code. */
export const orderNoForCode = spelled('code');

/** The order number that is always recognized with this one warning. */
export const orderNoForWarning = spelled('warn');

export function magicOrder(orderNo: string): SandboxOrder | undefined {
  const match = MAGIC.exec(orderNo);
  if (!match) return undefined;
  const code = `${match[2] === 'M' ? '-' : ''}${match[3]}`;
  if (match[1] === 'warn') {
    return { orderNo, warnings: [code], ...(code === '66661009' && { bankCardValidDate: '12/2024' }) };
  }
  return code === '0' ? { orderNo } : { orderNo, code };
}

function spelled(prefix: 'code' | 'warn') {
  return (code: string, suffix?: string): string => {
    const orderNo = `${prefix}${code.replace('-', 'M')}${suffix === undefined ? '' : `x${suffix}`}`;
    if (orderNo.length <= 32 && MAGIC.test(orderNo)) return orderNo;
    throw new RangeError(`No order number of 32 letters and digits can be spelled for code '${code}'.`);
  };
}
