import { createHmac, createSecretKey, randomBytes } from 'node:crypto';

/** Never leaves the process, so nobody finds a value by trying all of them, although there are few card numbers. */
const KEY = createSecretKey(randomBytes(32));
/** 26 to the 12th power: two values share a tag once in 10^17. */
const TAG_LENGTH = 12;
const LETTER_A = 0x61;

/**
 * Make a text that is the same for the same hidden value and another one for any other value, in this process only.
 *
 * Whoever compares objects by their properties (Jest, Vitest, `node:assert`, Lodash) does not see private fields: objects
 * whose value is hidden would all be equal. A tag among the properties tells them apart and says nothing about the value.
 * Letters only, so that nothing takes it for a number.
 */
export function equalityTag(...hidden: readonly (string | Uint8Array | undefined)[]): string {
  const hmac = createHmac('sha256', KEY);
  // Nothing is hidden in the copies that class-transformer makes: it calls constructors without arguments.
  for (const part of hidden) hmac.update(`${part?.length}:`).update(part ?? '');
  return Array.from(hmac.digest().subarray(0, TAG_LENGTH), (byte) => String.fromCharCode(LETTER_A + (byte % 26))).join(
    '',
  );
}

/**
 * Give an object the property `equalityTag`, which is made when it is first read: of a photo it takes a millisecond a
 * megabyte. Those who copy objects property by property may set it.
 */
export function defineEqualityTag(object: object, make: () => string): void {
  let tag: string | undefined;
  Object.defineProperty(object, 'equalityTag', {
    enumerable: true,
    configurable: true,
    get: () => (tag ??= make()),
    set: (copied: string) => {
      tag = copied;
    },
  });
}
