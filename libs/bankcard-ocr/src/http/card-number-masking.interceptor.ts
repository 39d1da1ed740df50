import {
  type CallHandler,
  type CustomDecorator,
  type ExecutionContext,
  type NestInterceptor,
  SetMetadata,
  StreamableFile,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import { CardNumber, maskCardNumber, passesLuhn } from '../card/card-number.js';
import { plainest, printable } from '../runtime/printable-text.js';

/** The options of {@link CardNumberMaskingInterceptor}. */
export interface CardNumberMaskingOptions {
  /**
   * The keys whose texts and numbers are masked, spelled exactly, at any depth.
   * @default ['bankCardNo', 'bankcardNo', 'cardNumber', 'cardNo']
   */
  readonly fields?: readonly string[] | undefined;
  /**
   * `luhn`: mask every text and number of 12 to 19 digits that passes the Luhn check, whatever its key. Every tenth
   * number of that length passes by chance, so keys of order numbers (`orderNo`, `order_no`, `orderNumber`, `bizSeqNo`),
   * of user ids (`userId`, `user_id`, `openApiUserId`) and numbers that are milliseconds since 1970 are left alone.
   * @default undefined, off
   */
  readonly detect?: 'luhn' | undefined;
}

const DEFAULT_FIELDS: readonly string[] = ['bankCardNo', 'bankcardNo', 'cardNumber', 'cardNo'];

/**
 * Masks card numbers in whatever handlers return, at any depth: every `CardNumber`, the values of listed keys and, when
 * wanted, what reads as a card number. What a handler returned is not changed. It does not see what a handler sends
 * itself through `@Res()`, nor the inside of longer texts.
 *
 * Bind it before interceptors that shape answers, so that it sees their work: `@UseInterceptors(new
 * CardNumberMaskingInterceptor())`, or as `APP_INTERCEPTOR` with `useClass`, or with `useValue` to give options. Not
 * `@Injectable()`: Nest would then look for a provider of the options.
 */
export class CardNumberMaskingInterceptor implements NestInterceptor {
  readonly #rules: MaskingRules;
  readonly #reflector = new Reflector();

  constructor({ fields = DEFAULT_FIELDS, detect }: CardNumberMaskingOptions = {}) {
    this.#rules = { fields: new Set(fields), detectLuhn: detect === 'luhn' };
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const places = [context.getHandler(), context.getClass()];
    const allowed = this.#reflector.getAllAndOverride<boolean | undefined>(FULL_CARD_NUMBER_ALLOWED, places);
    if (allowed === true) return next.handle();
    return next.handle().pipe(map((answer: unknown) => new ResponseMasking(this.#rules).mask(answer)));
  }
}

/** Where {@link AllowFullCardNumber} leaves its mark. */
const FULL_CARD_NUMBER_ALLOWED = Symbol.for('nestjs-bankcard-ocr/full-card-number-allowed');

/**
 * Let a route, or all routes of a controller, answer with full card numbers: `CardNumberMaskingInterceptor` leaves their
 * answers as they are. A `CardNumber` stays masked all the same: the handler itself says `reveal()`.
 */
export function AllowFullCardNumber(): CustomDecorator<symbol> {
  return SetMetadata(FULL_CARD_NUMBER_ALLOWED, true);
}

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

/** 12 to 19 digits, in whatever script, spaces or hyphens between groups. */
const CARD_NUMBER_LIKE = /^\d(?:[ -]?\d){11,18}$/;
/** Milliseconds since 1970, of the years 2001 to 2033; no card number is like that, and every tenth passes Luhn. */
const EPOCH_MS_LIKE = /^1\d{12}$/;

/** Whether a value reads as a card number: 12 to 19 digits whose last one is the Luhn check digit. */
export function isCardNumberLike(value: string | number | bigint): boolean {
  const text = plainest(printable(String(value))).trim();
  if (!CARD_NUMBER_LIKE.test(text)) return false;
  if (typeof value === 'number' && EPOCH_MS_LIKE.test(text)) return false;
  return passesLuhn(text.replaceAll(/[ -]/g, ''));
}
