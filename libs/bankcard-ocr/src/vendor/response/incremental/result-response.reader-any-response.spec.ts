import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { PhotoKind } from '../../../card/card-photo.js';
import { isJsonObject, type JsonObject } from '../json-response.js';
import type { PhotoTargets } from '../photo-buffers.js';
import { photoKindOf } from '../result-response.js';
import { ResultResponseReader } from './result-response.reader.js';

/** An object as a list, because the order of its keys counts. */
class Members {
  constructor(readonly list: readonly (readonly [key: string, value: unknown])[]) {}
}

const anyPhoto = fc
  .record({
    bytes: fc.uint8Array({ minLength: 1, maxLength: 60 }),
    alphabet: fc.constantFrom('base64', 'base64url'),
    padded: fc.boolean(),
    lineLength: fc.constantFrom(1, 4, 76),
    lineBreak: fc.constantFrom('', '', '\r\n', '\n'),
  })
  .map(({ bytes, alphabet, padded, lineLength, lineBreak }) => {
    const text = Buffer.from(bytes).toString(alphabet as BufferEncoding);
    const padding = padded ? '='.repeat((3 - (bytes.length % 3)) % 3) : '';
    return (text.replace(/=/g, '') + padding).replace(new RegExp(`.{${lineLength}}`, 'g'), `$&${lineBreak}`);
  });
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('银行卡', '😀', '\ud83d', '{"', 'result'));
const photoName = fc.constantFrom('originBankcardPhoto', 'orginBankcardPhoto', 'bankcardCropPhoto', 'bankcardNoPhoto');
const member = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(photoName, fc.oneof({ weight: 6, arbitrary: anyPhoto }, anyText, fc.jsonValue())) },
  { weight: 1, arbitrary: fc.tuple(anyText, fc.oneof(anyText, fc.jsonValue())) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('x', 'y'), fc.dictionary(photoName, anyPhoto)) },
);
const members = fc.uniqueArray(member, { selector: ([key]) => key, maxLength: 6 });
const anyAnswer = fc
  .record({ before: members, nested: fc.oneof(members, fc.constant(undefined)), after: members })
  .map(({ before, nested, after }) => {
    const top = [...before, ['code', '0'] as const, ['result', nested && new Members(nested)] as const, ...after];
    return new Members(top.filter(([key], index) => top.findIndex(([other]) => other === key) === index));
  });

/** Decides one thing after the other as a list of numbers says. */
function tape(numbers: readonly number[]): (end: number) => number {
  let at = 0;
  return (end) => numbers[at++ % numbers.length]! % end;
}

/** JSON with white space between anything, and escapes for anything. */
function write(value: unknown, decide: (end: number) => number): string {
  const space = () => ['', '', '', ' ', '\r\n\t'][decide(5)]!;
  const text = (plain: string) => {
    const units = Array.from({ length: plain.length }, (_, at) => plain[at]!);
    return `"${units.map((unit) => escaped(unit, decide(7))).join('')}"`;
  };
  const list = (items: readonly string[]) => items.map((item) => space() + item + space()).join(',');
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return `[${list(value.map((item) => write(item, decide)))}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const entries = value instanceof Members ? value.list : Object.entries(value);
  return `{${list(entries.map(([key, item]) => `${text(key)}${space()}:${space()}${write(item, decide)}`))}}`;
}

function escaped(unit: string, how: number): string {
  if (how === 0) return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return unit === '/' && how < 4 ? '\\/' : JSON.stringify(unit).slice(1, -1);
}

/** What the whole text says: of several texts for a photo the first that is neither empty nor `null`. */
function photosOf(json: JsonObject, found = new Map<PhotoKind, string>(), isTop = true): Map<PhotoKind, string> {
  for (const [key, value] of Object.entries(json)) {
    const kind = photoKindOf(key);
    if (kind && typeof value === 'string' && value !== '' && value !== 'null' && !found.has(kind))
      found.set(kind, value);
    if (isTop && key === 'result' && isJsonObject(value)) photosOf(value, found, false);
  }
  return found;
}

function isBase64(text: string): boolean {
  const data = /^([A-Za-z0-9+/_-]{2,})={0,2}$/.exec(text.replace(/[\r\n]/g, ''))?.[1];
  return data !== undefined && data.length % 4 !== 1;
}

/** Keeps the bytes, and now and then lets it wait: until then they have to stay what they are. */
function slowTargets(photos: Map<PhotoKind, Buffer>, decide: (end: number) => number): PhotoTargets {
  return {
    open: (kind) => ({
      write: (bytes) => {
        const keep = () => void photos.set(kind, Buffer.concat([photos.get(kind) ?? Buffer.alloc(0), bytes]));
        const how = decide(12);
        if (how === 0) return setImmediate().then(keep);
        return how < 4 ? Promise.resolve().then(keep) : keep();
      },
      end: () => (decide(6) === 0 ? setImmediate() : undefined),
      damaged: () => undefined,
    }),
  };
}

it('is read as JSON.parse and Buffer.from would read the whole of it, however it is cut', async () => {
  const numbers = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(
      anyAnswer,
      numbers,
      numbers,
      fc.integer({ min: 1, max: 60 }),
      async (answer, how, cuts, longest) => {
        const body = Buffer.from(write(answer, tape(how)));
        const json = JSON.parse(body.toString()) as JsonObject;
        const photos = new Map<PhotoKind, Buffer>();
        const reader = new ResultResponseReader(slowTargets(photos, tape(cuts)));
        const length = tape(cuts);
        for (let at = 0; at < body.length;) {
          const chunk = body.subarray(at, (at += 1 + length(longest)));
          const held = reader.write(chunk);
          if (held) await held;
        }
        const rest = reader.end();
        const expected = photosOf(json);
        expect([...reader.arrivals.keys()].sort()).toEqual([...expected.keys()].sort());
        for (const [kind, text] of expected) {
          expect(reader.arrivals.get(kind)).toBe(isBase64(text) ? 'whole' : 'damaged');
          if (isBase64(text)) expect(photos.get(kind)?.equals(Buffer.from(text, 'base64'))).toBe(true);
        }
        expect(isDeepStrictEqual(withoutPhotos(rest), withoutPhotos(json))).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

/** What is not a photo. */
function withoutPhotos(json: JsonObject, isTop = true): unknown {
  return Object.entries(json).map(([key, value]) => {
    if (isTop && key === 'result' && isJsonObject(value)) return [key, withoutPhotos(value, false)];
    return photoKindOf(key) && typeof value === 'string' ? key : [key, value];
  });
}
