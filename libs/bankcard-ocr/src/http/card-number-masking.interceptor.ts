import { types } from 'node:util';
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
import { CardNumber, maskCardNumber } from '../card/card-number.js';

interface CardNumberMaskingOptions {
  /** Keys, spelled exactly, whose values are masked. @default ['bankCardNo', 'bankcardNo', 'cardNumber', 'cardNo'] */
  readonly fields?: readonly string[] | undefined;
}

const DEFAULT_FIELDS: readonly string[] = ['bankCardNo', 'bankcardNo', 'cardNumber', 'cardNo'];

/**
 * Masks card numbers in whatever handlers return, at any depth: every `CardNumber`, and the values of listed keys; what
 * was returned is not changed. It does not see `@Res()`, nor the inside of texts. Bind it before interceptors that
 * shape responses.
 * @example @UseInterceptors(new CardNumberMaskingInterceptor())
 */
export class CardNumberMaskingInterceptor implements NestInterceptor {
  readonly #fields: ReadonlySet<string>;
  readonly #reflector = new Reflector();

  constructor({ fields = DEFAULT_FIELDS }: CardNumberMaskingOptions = {}) {
    this.#fields = new Set(fields);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const places = [context.getHandler(), context.getClass()];
    const allowed = this.#reflector.getAllAndOverride<boolean | undefined>(FULL_CARD_NUMBER_ALLOWED, places);
    if (allowed === true) return next.handle();
    return next.handle().pipe(map((response: unknown) => new ResponseMasking(this.#fields).mask(response)));
  }
}

const FULL_CARD_NUMBER_ALLOWED = Symbol.for('nestjs-bankcard-ocr/full-card-number-allowed');

/** Let a route or a controller return full card numbers. A `CardNumber` stays masked: the handler calls `reveal()`. */
export function AllowFullCardNumber(): CustomDecorator<symbol> {
  return SetMetadata(FULL_CARD_NUMBER_ALLOWED, true);
}

export class ResponseMasking {
  /** The objects under a listed key, and the others: the elements of a list under such a key are card numbers. */
  readonly #visited = { listed: new Map<object, Visited>(), other: new Map<object, Visited>() };

  constructor(private readonly fields: ReadonlySet<string>) {}

  mask(value: unknown, key = '', isListed = false): unknown {
    if (value instanceof CardNumber) return value.masked;
    if (typeof value !== 'object' || value === null) return maskScalar(value, isListed);
    // JSON.stringify takes them for what is in them.
    if (isListed && types.isBoxedPrimitive(value)) return maskScalar(value.valueOf(), true);
    if (isOpaque(value)) return value;
    if (!('toJSON' in value) || typeof value.toJSON !== 'function') return this.#maskObject(value, isListed);
    // What it shows of itself is what leaves; JSON.stringify does not ask the outcome for its own toJSON again.
    const given: unknown = value.toJSON(key);
    const shown: unknown = types.isBoxedPrimitive(given) ? given.valueOf() : given;
    const isObject = typeof shown === 'object' && shown !== null;
    const masked = isObject ? this.#maskObject(shown, isListed) : maskScalar(shown, isListed);
    if (Object.is(masked, shown)) return value;
    return isObject ? withoutToJson(masked as object) : masked;
  }

  #maskObject(value: object, isListed: boolean): unknown {
    const visited = this.#visited[isListed ? 'listed' : 'other'];
    const earlier = visited.get(value);
    // A cycle: whatever comes of it, it will be this copy.
    if (earlier) return earlier.done ? (earlier.copy ?? value) : (earlier.copy ??= copyOf(value));
    const visit: Visited = { done: false };
    visited.set(value, visit);
    for (const [key, child] of entriesOf(value)) {
      const childListed = Array.isArray(value) ? isListed : typeof key === 'string' && this.fields.has(key);
      const masked = this.mask(child, String(key), childListed);
      if (!Object.is(masked, child)) put((visit.copy ??= copyOf(value)), key, masked);
    }
    visit.done = true;
    return visit.copy ?? value;
  }
}

interface Visited {
  copy?: object;
  done: boolean;
}

function maskScalar(value: unknown, isListed: boolean): unknown {
  return isListed && ['string', 'number', 'bigint'].includes(typeof value) ? maskCardNumber(String(value)) : value;
}

/** Bytes, streams and dates: nothing to mask inside. */
function isOpaque(value: object): boolean {
  const opaque = [Date, StreamableFile, Blob, ArrayBuffer].some((type) => value instanceof type);
  if (opaque || ArrayBuffer.isView(value)) return true;
  return ['pipe', 'getReader', 'getStream'].some((name) => typeof Reflect.get(value, name) === 'function');
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

/** Of what an object has shown: asked once more, it would show what was masked, or miss private fields of its original. */
function withoutToJson(copy: object): object {
  if (!('toJSON' in copy)) return copy;
  return Object.defineProperty(copy, 'toJSON', { value: undefined, configurable: true, writable: true });
}

/** Defined, not assigned: a key such as `__proto__` is data too, and accessors of a class must not run. */
function put(copy: object, key: unknown, value: unknown): void {
  if (copy instanceof Map) copy.set(key, value);
  else Object.defineProperty(copy, String(key), { value, enumerable: true, configurable: true, writable: true });
}
