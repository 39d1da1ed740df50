import { chinaDateTime } from '../response/vendor-response.js';
import type { Clock } from '../../runtime/clock.js';
import { EXAMPLES, magicOrder } from './example-orders.js';
import { inventedCardNumber } from './invented-card.js';
import type { SandboxOrder } from './sandbox-order.js';

/** An order with every default filled in. */
export type KnownOrder = Required<Omit<SandboxOrder, 'code'>> &
  Pick<SandboxOrder, 'code'> & {
    /** Base64 of the image that was sent for recognition; a phone's photo is the sandbox's own. */
    readonly sentImage?: string;
  };

/** What protocol.md section 2 allows as an order number. */
export const LEGAL_ORDER_NO = /^[0-9A-Za-z]{1,32}$/;

/** The vendor's book of orders: added ones, the examples, the magic ones and, when asked for, invented ones. */
export class OrderBook {
  readonly #clock: Clock;
  readonly #startedAt: string;
  readonly #orders = new Map<string, KnownOrder>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = chinaDateTime(clock.now());
    for (const example of EXAMPLES) this.#orders.set(example.orderNo, complete(example, this.#startedAt));
  }

  /** Add an order, or replace the one of the same number. */
  add(order: SandboxOrder): void {
    if (!LEGAL_ORDER_NO.test(order.orderNo)) {
      throw new RangeError('An order number is 1 to 32 letters and digits; the vendor would never hold this one.');
    }
    this.#orders.set(order.orderNo, complete(order, chinaDateTime(this.#clock.now())));
  }

  /** Whether the number has been used. */
  has(orderNo: string): boolean {
    return this.#orders.has(orderNo);
  }

  /** The code that a magic order number stands for; undefined for a card that can be recognised. */
  codeFor(orderNo: string): string | undefined {
    return magicOrder(orderNo)?.code;
  }

  /**
   * Keep what was recognised on an image, or why nothing was.
   *
   * @param code undefined when it was recognised
   */
  recognize(orderNo: string, sentImage: string, code: string | undefined): KnownOrder {
    const order = { ...(magicOrder(orderNo) ?? { orderNo }), code };
    const known = { ...complete(order, chinaDateTime(this.#clock.now())), sentImage };
    this.#orders.set(orderNo, known);
    return known;
  }

  /** @param invent make up a card for a number that nobody added */
  find(orderNo: string, invent: boolean): KnownOrder | undefined {
    const known = this.#orders.get(orderNo);
    if (known) return known;
    const order = magicOrder(orderNo) ?? (invent ? { orderNo } : undefined);
    return order && complete(order, this.#startedAt);
  }
}

function complete(order: SandboxOrder, operateTime: string): KnownOrder {
  return {
    orderNo: order.orderNo,
    bankCardNo: order.bankCardNo ?? inventedCardNumber(order.orderNo),
    bankCardValidDate: order.bankCardValidDate ?? '09/2031',
    warnings: order.warnings ?? [],
    clarity: order.clarity ?? '79',
    operateTime: order.operateTime ?? operateTime,
    photos: order.photos ?? 'all',
    code: order.code,
  };
}
