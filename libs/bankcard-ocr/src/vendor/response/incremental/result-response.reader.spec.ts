import { setImmediate } from 'node:timers/promises';
import type { PhotoKind } from '../../../card/card-photo.js';
import { InvalidResponseError } from '../json-response.js';
import type { PhotoTarget, PhotoTargets } from '../photo-buffers.js';
import { ResultResponseReader } from './result-response.reader.js';

/** Notes what it is told; each target is held up as `hold` says. */
class NotedPhotos implements PhotoTargets {
  readonly notes: string[] = [];
  readonly mostBytes: (number | undefined)[] = [];

  constructor(private readonly hold: (what: string) => Promise<void> | undefined = () => undefined) {}

  open(kind: PhotoKind, mostBytes: number | undefined): PhotoTarget {
    this.mostBytes.push(mostBytes);
    const note = (what: string) => {
      this.notes.push(`${kind} ${what}`);
      return this.hold(what);
    };
    return {
      write: (bytes) => note(bytes.toString()),
      end: () => note('end'),
      damaged: () => void note('damaged'),
    };
  }
}

const PHOTOS =
  '{"code":"0","result":{"bankcardNoPhoto":"YWJj","clarity":"79","originBankcardPhoto":"ZGVm"},"msg":"请求"}';

async function read(body: string | Buffer, chunkLength = Number.MAX_SAFE_INTEGER, targets = new NotedPhotos()) {
  const reader = new ResultResponseReader(targets);
  const bytes = Buffer.from(body as string);
  for (let at = 0; at < bytes.length; at += chunkLength) await reader.write(bytes.subarray(at, at + chunkLength));
  return { json: reader.end(), arrivals: Object.fromEntries(reader.arrivals), notes: targets.notes };
}

describe('an answer with photos', () => {
  it.each([1, 2, 3, 7, 1_000])('is read in chunks of %d bytes', async (chunkLength) => {
    const { json, arrivals, notes } = await read(PHOTOS, chunkLength);
    expect(json).toEqual({
      code: '0',
      result: { bankcardNoPhoto: '', clarity: '79', originBankcardPhoto: '' },
      msg: '请求',
    });
    expect(arrivals).toEqual({ numberStrip: 'whole', original: 'whole' });
    expect(notes.join('').replace(/numberStrip |original /g, '')).toBe('abcenddefend');
  });

  it.each<[string, object, string[]]>([
    ['{"code":"0"}', {}, []],
    ['{"code":"0","bankcardNoPhoto":"","result":{"bankcardCropPhoto":null,"originBankcardPhoto":5}}', {}, []],
    ['{"code":"0","bankcardNoPhoto":"!","bankcardCropPhoto":"YWJj"}', { numberStrip: 'damaged', crop: 'whole' }, []],
    ['{"code":"0","orginBankcardPhoto":"","originBankcardPhoto":"YWJj"}', { original: 'whole' }, ['YWJj']],
    ['{"code":"0","bankcardNoPhoto":"YWJj","result":{"bankcardNoPhoto":"ZGVm"}}', { numberStrip: 'whole' }, ['YWJj']],
    ['{"code":"0","bankcardNoPhoto":"!","result":{"bankcardNoPhoto":"ZGVm"}}', { numberStrip: 'damaged' }, []],
    ['\ufeff {"code":"0","bankcardNoPhoto" :\r\n"YWJj" }\n', { numberStrip: 'whole' }, ['YWJj']],
  ])('tells which came, and how: %s', async (body, expected) => {
    for (const chunkLength of [1, 5, 1_000]) expect((await read(body, chunkLength)).arrivals).toEqual(expected);
  });

  it.each([1, 2, 3, 1_000])('is read in GBK too, in chunks of %d bytes', async (chunkLength) => {
    // 请求成功, before the photos, and as a key.
    const text = Buffer.from('c7ebc7f3b3c9b9a6', 'hex');
    const body = Buffer.concat([
      ...[Buffer.from('{"code":"0","msg":"'), text, Buffer.from('","'), text, Buffer.from('":"'), text],
      Buffer.from('","result":{"bankcardNoPhoto":"YWJj"}}'),
    ]);
    const { json, arrivals, notes } = await read(body, chunkLength);
    const decoded = new TextDecoder('gb18030').decode(text);
    expect(json).toEqual({ code: '0', msg: decoded, [decoded]: decoded, result: { bankcardNoPhoto: '' } });
    expect([arrivals, notes.join('').replace(/numberStrip /g, '')]).toEqual([{ numberStrip: 'whole' }, 'abcend']);
  });

  it.each<[string, Buffer | string, RegExp]>([
    ['nothing', '', /is empty/],
    ['a repeated photo', PHOTOS.replace('clarity', 'bankcardNoPhoto'), /the same photo/],
    ['a repeated result', PHOTOS.replace('msg', 'result'), /or the result, twice/],
    ['cut off within a photo', PHOTOS.slice(0, 45), /cut off/],
    ['cut off behind a photo', PHOTOS.slice(0, 60), /cut off/],
    ['a wrong escape in a photo', PHOTOS.replace('YWJj', '\\YWJj'), /escape/],
    ['two photos for one key', PHOTOS.replace('"YWJj"', '"YWJj""YWJj"'), /not JSON/],
    ['HTML', '<html>canary', /HTML/],
    ['without a code', PHOTOS.replace('code', 'kode'), /without a readable code/],
  ])('is none: %s', async (_what, body, message) => {
    for (const chunkLength of [1, 5, 1_000]) {
      const failure: unknown = await read(body, chunkLength).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(InvalidResponseError);
      expect((failure as Error).message).toMatch(message);
    }
  });
});

describe('the targets of photos', () => {
  it.each([1, 5, 1_000])('are waited for, in chunks of %d bytes', async (chunkLength) => {
    let isHeld = false;
    const targets = new NotedPhotos(async () => {
      expect(isHeld).toBe(false);
      isHeld = true;
      await setImmediate();
      isHeld = false;
    });
    const { arrivals, notes } = await read(PHOTOS, chunkLength, targets);
    expect(arrivals).toEqual({ numberStrip: 'whole', original: 'whole' });
    expect(notes.join('').replace(/numberStrip |original /g, '')).toBe('abcenddefend');
  });

  it.each(['abc', 'end'])('end everything when they fail at %s', async (when) => {
    const failure = new Error('the disk is full');
    const rejecting = new NotedPhotos((what) => (what === when ? Promise.reject(failure) : undefined));
    await expect(read(PHOTOS, 1_000, rejecting)).rejects.toBe(failure);
    expect(rejecting.notes.at(-1)).toBe(`numberStrip ${when}`);
    const throwing = new NotedPhotos((what) => {
      if (what === when) throw failure;
      return undefined;
    });
    await expect(read(PHOTOS, 1_000, throwing)).rejects.toBe(failure);
  });

  it('are told how large a photo can be, when the length of the answer is known', async () => {
    for (const chunkLength of [1, 50, 1_000]) {
      const targets = new NotedPhotos();
      const reader = new ResultResponseReader(targets);
      const body = Buffer.from(PHOTOS);
      reader.expect(body.length);
      for (let at = 0; at < body.length; at += chunkLength) void reader.write(body.subarray(at, at + chunkLength));
      const left = [PHOTOS.indexOf('YWJj'), PHOTOS.indexOf('ZGVm')].map((at) => body.length - at);
      expect(targets.mostBytes).toEqual(left.map((characters) => Math.ceil((characters * 3) / 4)));
    }
    const targets = new NotedPhotos();
    await read(PHOTOS, 1, targets);
    expect(targets.mostBytes).toEqual([undefined, undefined]);
  });
});
