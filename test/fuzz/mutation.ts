import type { Random } from './random.js';
import type { ValidAnswer } from './valid-answer.js';

const STRUCTURE = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '\r',
  ' ',
  '/',
  '=',
  '==',
  '==AAAA',
  '-',
  '\0',
  'A',
  '""',
  '\ufeff',
];
const ESCAPES = [
  '\\',
  '\\u',
  '\\u00',
  '\\x',
  '\\u4141',
  '\\u0141',
  '\\u0041',
  '\\u000a',
  '\\/',
  '\\"',
  '\\\\',
  '\\n',
  '\\r\\n',
];
const NO_UTF8 = ['\x80', '\xc3', '\xff', '\xe4\xb8', '\xed\xa0\x80', '\xc0\x80'];

/** Changes a body at a place that is given. */
type Change = (body: Buffer, at: number, random: Random, answer: ValidAnswer) => Buffer;

const insert = (body: Buffer, at: number, inserted: Buffer): Buffer => {
  return Buffer.concat([body.subarray(0, at), inserted, body.subarray(at)]);
};
const insertOneOf =
  (texts: readonly string[]): Change =>
  (body, at, random) =>
    insert(body, at, Buffer.from(random.pick(texts), 'latin1'));

const CHANGES: readonly Change[] = [
  function flipBit(body, at, random) {
    const changed = Buffer.from(body);
    changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    return changed;
  },
  function replaceByte(body, at, random) {
    const changed = Buffer.from(body);
    changed[at] = random.below(256);
    return changed;
  },
  function removeSome(body, at, random) {
    return Buffer.concat([body.subarray(0, at), body.subarray(at + 1 + random.below(4))]);
  },
  function repeatSlice(body, at, random) {
    return insert(body, at, body.subarray(at, at + 1 + random.below(40)));
  },
  function repeatMember(body, _at, random, { members }) {
    const { start, end } = random.pick(members);
    return insert(body, start, Buffer.concat([body.subarray(start, end), Buffer.from(',')]));
  },
  function swapSlices(body, at, random) {
    const middle = at + random.below(30);
    const end = middle + random.below(30);
    const parts = [body.subarray(0, at), body.subarray(middle, end), body.subarray(at, middle), body.subarray(end)];
    return Buffer.concat(parts);
  },
  insertOneOf(STRUCTURE),
  insertOneOf(STRUCTURE),
  insertOneOf(ESCAPES),
  insertOneOf(ESCAPES),
  insertOneOf(NO_UTF8),
];

/** Damage an answer in one to three places, mostly within its photos, so that what is damaged gets to their decoder. */
export function mutate(random: Random, answer: ValidAnswer): Buffer {
  let { body } = answer;
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const photo = random.once(14) || answer.photos.length === 0 ? undefined : random.pick(answer.photos);
    const at = photo ? photo.start + random.below(photo.end - photo.start + 1) : random.below(body.length);
    body = random.once(40) ? body.subarray(0, at) : random.pick(CHANGES)(body, at, random, answer);
  }
  return body;
}
