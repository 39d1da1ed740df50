import { InvalidResponseError } from '../json-response.js';
import { EscapedText } from './json-string.js';

function resolve(pieces: readonly string[]): string {
  const text = new EscapedText();
  const resolved = pieces.map((piece) => text.resolve(piece)).join('');
  text.end();
  return resolved;
}

/** In one piece, in two of every length, and character by character. */
function* waysToCut(text: string): Generator<readonly string[]> {
  yield [...text];
  for (let at = 0; at <= text.length; at += 1) yield [text.slice(0, at), text.slice(at)];
}

it.each<[escaped: string, text: string]>([
  ['', ''],
  ['AAAA', 'AAAA'],
  [String.raw`\/\/A\/`, '//A/'],
  [String.raw`A\u002BB\u002b\u003d`, 'A+B+='],
  [String.raw`\u0041\u0042`, 'AB'],
  [String.raw`\"\\\b\f\n\r\t`, '"\\\b\f\n\r\t'],
  [String.raw`\\/\\\/\\u0041\\\u0041`, '\\/\\/\\u0041\\A'],
  [String.raw`\u00e9`, '\u00e9'],
  ['\u00e9\\/', '\u00e9/'],
  ['A\\/\r\nB\n\u0000', 'A/\r\nB\n '],
])('%j means %j, however it is cut', (escaped, text) => {
  for (const pieces of waysToCut(escaped)) expect(resolve(pieces)).toBe(text);
});

it.each([String.raw`\u4141`, String.raw`\u0141`, String.raw`\ud83d`])(
  'a character that is longer than a byte is none of Base64, whatever its lowest byte: %s',
  (escaped) => {
    for (const pieces of waysToCut(`${escaped}AA`)) expect(resolve(pieces)).toBe(' AA');
  },
);

it.each([
  String.raw`\x`,
  String.raw`\A/`,
  String.raw`\u00g0`,
  String.raw`\u004`,
  String.raw`\u`,
  String.raw`\\\u00`,
  '\\',
  '\\\\\\',
  '\\\n',
  '\\u00\n41',
  '\\u00\u000041',
  'A\nB\\x',
])('%j is no JSON string, however it is cut', (escaped) => {
  for (const pieces of waysToCut(escaped)) expect(() => resolve(pieces)).toThrow(InvalidResponseError);
});

it('says nothing of what it read', () => {
  expect(() => resolve([String.raw`canary\x`])).toThrow(
    /^the body is not JSON: a string has an escape that there is not$/,
  );
});
