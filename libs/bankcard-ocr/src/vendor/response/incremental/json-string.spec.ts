import { StringEnd } from './json-string.js';

/** Where the string ends, counted over all chunks; -1 when it does not. */
function findIn(chunks: readonly string[]): number {
  const end = new StringEnd();
  let before = 0;
  for (const chunk of chunks) {
    const found = end.find(Buffer.from(chunk), 0);
    if (found >= 0) return before + found;
    before += chunk.length;
  }
  return -1;
}

it.each<[string, number]>([
  ['"', 0],
  ['abc"', 3],
  ['abc', -1],
  ['', -1],
  [String.raw`\"`, -1],
  [String.raw`\""`, 2],
  [String.raw`\\"`, 2],
  [String.raw`\\\"`, -1],
  [String.raw`a\\\"b\"c\\"d"`, 11],
  [String.raw`\u0022"`, 6],
])('the string %j ends at %d, however it is cut', (text, end) => {
  expect(findIn([text])).toBe(end);
  expect(findIn([...text])).toBe(end);
  for (let at = 0; at <= text.length; at += 1) expect(findIn([text.slice(0, at), text.slice(at)])).toBe(end);
});

it('looks from a given place on', () => {
  expect(new StringEnd().find(Buffer.from('a"b"'), 2)).toBe(3);
  expect(new StringEnd().find(Buffer.from('\\"'), 1)).toBe(1);
});

describe('in GBK, where the second half of a character may be the byte of a backslash', () => {
  const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

  it.each<[string, Buffer, number]>([
    ['誠', bytes('d55c 22'), 2],
    ['誠誠', bytes('d55c d55c 22'), 4],
    ['誠, a backslash that escapes a quotation mark, 誠', bytes('d55c 5c22 d55c 22'), 6],
    ['誠 and an escaped backslash', bytes('d55c 5c5c 22'), 4],
    ['不誠', bytes('b2bb d55c 22'), 4],
    ['a character that ends in a letter, then 誠', bytes('d541 d55c 22'), 4],
    ['請求成功 and an escaped quotation mark', bytes('d588 c7f3 b3c9 b9a6 5c22 22'), 10],
    ['UTF-8 before an escape', Buffer.from('请求\\"é\\\\é"'), 14],
    ['UTF-8 of four bytes before an escape', Buffer.from('💳\\"💳"'), 10],
  ])('%s: the string ends where it does, however it is cut', (_what, text, end) => {
    for (let first = 0; first <= text.length; first += 1) {
      for (let second = first; second <= text.length; second += 1) {
        const reader = new StringEnd();
        const pieces = [text.subarray(0, first), text.subarray(first, second), text.subarray(second)];
        const found = pieces.map((piece) => reader.find(piece, 0)).findIndex((at) => at >= 0);
        const again = new StringEnd();
        const at = pieces
          .slice(0, found + 1)
          .map((piece) => again.find(piece, 0))
          .at(-1)!;
        const before = pieces.slice(0, found).reduce((sum, { length }) => sum + length, 0);
        expect(before + at).toBe(end);
      }
    }
  });
});
