import { hash, randomBytes } from 'node:crypto';

/** Known to every copy of the library in a process: what is equal in one is equal in all. */
const PLACE = Symbol.for('nestjs-bankcard-ocr/equality-key');
/** Never leaves the process: otherwise a card number could be found from its tag by trying all numbers. */
const KEY = keyOfProcess();
/** 26 to the 12th power: two values share a tag once in 10^17. */
const TAG_LENGTH = 12;
const LETTER_A = 0x61;

function keyOfProcess(): string {
  const earlier = Reflect.get(globalThis, PLACE) as (() => string) | undefined;
  if (earlier) return earlier();
  const key = randomBytes(32).toString('base64url');
  // Behind a function, so that nothing prints it, whatever is asked to show the global object.
  Object.defineProperty(globalThis, PLACE, { value: () => key, configurable: true });
  return key;
}

/** The same text for the same hidden value, in this process only; letters, so that nothing takes it for a number. */
export function equalityTag(...hidden: readonly (string | Uint8Array | undefined)[]): string {
  let text = KEY;
  // Nothing is hidden in the copies that class-transformer makes: it calls constructors without arguments.
  for (const part of hidden) {
    if (typeof part === 'string') text += `${part.length}:${part}`;
    else text += part ? `${hash('sha256', part, 'base64url')};` : 'none;';
  }
  // `hash` costs a sixth of an HMAC, and there is nothing to forge.
  const digest = hash('sha256', text, 'buffer').subarray(0, TAG_LENGTH);
  return Buffer.from(digest.map((byte) => LETTER_A + (byte % 26))).toString('latin1');
}

/** Made when read: of a photo it takes a millisecond a megabyte. */
export function lazyEqualityTag<T extends object>(make: (object: T) => string): PropertyDescriptor & ThisType<T> {
  return {
    enumerable: true,
    configurable: true,
    get(this: T) {
      return make(this);
    },
    /** For what copies property by property. */
    set(this: T, value: string) {
      Reflect.defineProperty(this, 'equalityTag', { value, enumerable: true, configurable: true, writable: true });
    },
  };
}
