import { InvalidResponseError } from '../json-response.js';
import { LONGEST_PIECE, PhotoString } from './photo-string.js';

/** Hands over chunks to a photo's string, the first from a given place on. */
async function read(chunks: readonly Buffer[], start = 0) {
  const bytes: Buffer[] = [];
  let opened = 0;
  const photo = new PhotoString(() => {
    opened += 1;
    return {
      write: (piece) => void bytes.push(Buffer.from(piece)),
      end: () => undefined,
      damaged: () => undefined,
    };
  });
  let rest = '';
  photo.next = start;
  for (const chunk of chunks) {
    while (!photo.ended && photo.next < chunk.length) await photo.write(chunk, photo.next);
    if (photo.ended) rest += chunk.toString('latin1', photo.next);
    photo.next = 0;
  }
  return { outcome: photo.outcome, text: Buffer.concat(bytes).toString(), opened, rest };
}

function* waysToCut(text: string): Generator<readonly Buffer[]> {
  yield [...text].map((character) => Buffer.from(character, 'latin1'));
  for (let at = 0; at <= text.length; at += 1) {
    yield [Buffer.from(text.slice(0, at), 'latin1'), Buffer.from(text.slice(at), 'latin1')];
  }
}

describe('the string of a photo', () => {
  it.each<[string, 'whole' | 'damaged' | undefined, string]>([
    ['', undefined, ''],
    ['null', undefined, ''],
    ['nul', 'whole', Buffer.from('nul', 'base64').toString()],
    ['nullYWJj', 'whole', Buffer.from('nullYWJj', 'base64').toString()],
    ['YWJj', 'whole', 'abc'],
    [String.raw`YWJ\u006a`, 'whole', 'abc'],
    [String.raw`Pz8\/Pz8\/`, 'whole', '??????'],
    [String.raw`YW\r\nJj\n`, 'whole', 'abc'],
    ['YW\r\nJj', 'whole', 'abc'],
    [String.raw`\u0059W` + '\nJj', 'whole', 'abc'],
    [String.raw`YWJjZA\u003d\u003D`, 'whole', 'abcd'],
    ['YWJj!', 'damaged', 'abc'],
    ['YWJj\x01', 'damaged', 'abc'],
    [String.raw`\u0059WJj` + '\x01', 'damaged', 'abc'],
    ['YWJj\xff', 'damaged', 'abc'],
    [String.raw`YWJj\"`, 'damaged', 'abc'],
    [String.raw`YWJj\\`, 'damaged', 'abc'],
    [String.raw`YWJj\\\/`, 'damaged', 'abc'],
    [String.raw`YWJj\\u0041`, 'damaged', 'abc'],
    [String.raw`YWJj\u0141AAA`, 'damaged', 'abc'],
    [String.raw`YWJj\ud83dAAA`, 'damaged', 'abc'],
    [String.raw`YWJj\u00e9`, 'damaged', 'abc'],
    [String.raw`YWJj\u4141AAA`, 'damaged', 'abc'],
    [String.raw`\u000a`, 'damaged', ''],
  ])('%j is %s, however it is cut', async (text, outcome, decoded) => {
    for (const chunks of waysToCut(`${text}","x":"y"`)) {
      const photo = await read(chunks);
      expect(photo).toMatchObject({ outcome, opened: outcome ? 1 : 0, rest: ',"x":"y"' });
      // How much of a damaged one was handed on before depends on the cut.
      expect(decoded.startsWith(photo.text)).toBe(true);
      if (outcome === 'whole') expect(photo.text).toBe(decoded);
    }
  });

  it('begins anywhere in a chunk', async () => {
    expect(await read([Buffer.from('"YWJj",')], 1)).toEqual({ outcome: 'whole', text: 'abc', opened: 1, rest: ',' });
  });

  it.each(['plain', 'escaped'])('may be far longer than a piece: %s', async (how) => {
    const text = Buffer.from(Buffer.alloc(5 * LONGEST_PIECE, 'abc?>>??')).toString();
    const base64 = Buffer.from(text).toString('base64');
    const body = Buffer.from(`${how === 'plain' ? base64 : base64.replaceAll('/', '\\/')}"`);
    expect((await read([body])).text === text).toBe(true);
    expect((await read([body.subarray(0, 70_001), body.subarray(70_001)])).text === text).toBe(true);
  });

  it.each([
    String.raw`YWJj\x`,
    String.raw`YWJj\A/`,
    String.raw`YWJj\u00"`,
    String.raw`\u00g1`,
    String.raw`!\x`,
    '\\\n',
    '\\u00\n41',
    '\\u00\u000041',
    'A\nB\\x',
  ])('is no JSON, however it is cut, and nothing of it is told: %j', async (text) => {
    for (const chunks of waysToCut(`${text}"`)) {
      const failure: unknown = await read(chunks).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(InvalidResponseError);
      expect((failure as Error).message).toMatch(
        /^the body is not JSON: a string (has an unknown|ends within an) escape$/,
      );
    }
  });
});
