import type { Clock } from '../../clock.js';
import type { KycSandboxSettings } from '../kyc-sandbox.options.js';
import type { KnownOrder } from '../orders/order-book.js';
import { photosOf } from './photo-set.js';

/** The photo fields of an answer and how long it has to wait for them. */
export interface Files {
  readonly fields: Record<string, string>;
  readonly waitMs: number;
}

/** Lets photos come late, once for every order (protocol.md section 3, "delayed by about one second"). */
export class LateFiles {
  readonly #clock: Clock;
  readonly #settings: Readonly<KycSandboxSettings>;
  readonly #firstAsked = new Map<string, number>();

  constructor(clock: Clock, settings: Readonly<KycSandboxSettings>) {
    this.#clock = clock;
    this.#settings = settings;
  }

  of(order: KnownOrder): Files {
    const own = photosOf(order.photos, this.#settings.photoBytes);
    const fields = order.sentImage === undefined ? own : { ...own, originBankcardPhoto: order.sentImage };
    const late = this.#settings.latePhotos;
    if (!late) return { fields, waitMs: 0 };
    const waitMs = this.#firstAskedFor(order.orderNo) + late.delayMs - this.#clock.monotonic();
    if (waitMs <= 0) return { fields, waitMs: 0 };
    if (late.as === 'slow') return { fields, waitMs };
    if (late.as === 'missing') return { fields: {}, waitMs: 0 };
    return { fields: Object.fromEntries(Object.keys(fields).map((name) => [name, ''])), waitMs: 0 };
  }

  #firstAskedFor(orderNo: string): number {
    const first = this.#firstAsked.get(orderNo) ?? this.#clock.monotonic();
    this.#firstAsked.set(orderNo, first);
    return first;
  }
}
