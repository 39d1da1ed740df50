import { StreamableFile } from '@nestjs/common';
import { CardNumber, maskCardNumber } from '../card/card-number.js';
import { isCardNumberLike } from './card-number-like.js';

/** What is masked besides {@link CardNumber}. */
export interface MaskingRules {
  /** The keys whose texts and numbers are card numbers. */
  readonly fields: ReadonlySet<string>;
  /** Whether texts and numbers that read as card numbers are masked under any other key. */
  readonly detectLuhn: boolean;
}

/** What the key says about its value. The elements of an array stand where the array stands. */
type Place = 'card-number' | 'identifier' | 'other';

/** An object that is being looked at, or was. */
interface Visit {
  copy?: object;
  done: boolean;
}

/** As long as card numbers and may pass Luhn, but needed whole: a launch whose user id was masked would be refused. */
const IDENTIFIER_KEYS = new Set([
  'orderNo',
  'order_no',
  'orderNumber',
  'bizSeqNo',
  'userId',
  'user_id',
  'openApiUserId',
]);

/**
 * Masks card numbers in one response. The response itself is never changed: what contains a card number is copied, down
 * to it, and the rest is shared.
 */
export class ResponseMasking {
  readonly #visits: Readonly<Record<Place, Map<object, Visit>>> = {
    'card-number': new Map(),
    identifier: new Map(),
    other: new Map(),
  };

  constructor(private readonly rules: MaskingRules) {}

  mask(value: unknown, key = '', place: Place = 'other'): unknown {
    if (value instanceof CardNumber) return value.masked;
    if (typeof value !== 'object' || value === null) return this.#maskScalar(value, place);
    if (isOpaque(value)) return value;
    if (!hasToJson(value)) return this.#maskObject(value, place);
    // What it shows of itself is what leaves; JSON.stringify does not ask the outcome for its own toJSON again.
    const shown = value.toJSON(key);
    const masked =
      typeof shown === 'object' && shown !== null ? this.#maskObject(shown, place) : this.#maskScalar(shown, place);
    return Object.is(masked, shown) ? value : masked;
  }

  #maskScalar(value: unknown, place: Place): unknown {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return value;
    const detected = this.rules.detectLuhn && place === 'other' && isCardNumberLike(value);
    return place === 'card-number' || detected ? maskCardNumber(String(value)) : value;
  }

  #maskObject(value: object, place: Place): unknown {
    const begun = this.#visits[place].get(value);
    // A cycle: whatever comes of it, it will be this copy.
    if (begun) return begun.done ? (begun.copy ?? value) : (begun.copy ??= copyOf(value));
    const visit: Visit = { done: false };
    this.#visits[place].set(value, visit);
    for (const [key, child] of entriesOf(value)) {
      const masked = this.mask(child, String(key), Array.isArray(value) ? place : this.#placeOf(key));
      if (!Object.is(masked, child)) put((visit.copy ??= copyOf(value)), key, masked);
    }
    visit.done = true;
    return visit.copy ?? value;
  }

  #placeOf(key: unknown): Place {
    if (typeof key !== 'string') return 'other';
    if (this.rules.fields.has(key)) return 'card-number';
    return IDENTIFIER_KEYS.has(key) ? 'identifier' : 'other';
  }
}

/** Bytes, streams and moments: nothing to look into. */
function isOpaque(value: object): boolean {
  if (value instanceof Date || value instanceof StreamableFile || value instanceof Blob) return true;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  return ['pipe', 'getReader', 'getStream'].some((name) => typeof Reflect.get(value, name) === 'function');
}

function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function entriesOf(value: object): Iterable<[unknown, unknown]> {
  return Array.isArray(value) || value instanceof Map ? value.entries() : Object.entries(value);
}

function copyOf(value: object): object {
  if (Array.isArray(value)) return [...(value as unknown[])];
  if (value instanceof Map) return new Map(value);
  const copy: object = Object.create(Reflect.getPrototypeOf(value));
  for (const [key, child] of Object.entries(value)) put(copy, key, child);
  return copy;
}

/** Defined, not assigned: a key such as `__proto__` is data too, and accessors of a class must not run. */
function put(copy: object, key: unknown, value: unknown): void {
  if (copy instanceof Map) copy.set(key, value);
  else Object.defineProperty(copy, String(key), { value, enumerable: true, configurable: true, writable: true });
}
