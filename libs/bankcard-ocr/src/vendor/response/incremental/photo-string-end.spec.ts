import { StringEnd } from './photo-string.js';

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
