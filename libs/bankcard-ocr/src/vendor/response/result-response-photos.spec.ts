import { randomBytes } from 'node:crypto';
import { ResultResponseReader } from './incremental/result-response.reader.js';
import { PhotoBuffers } from './photo-buffers.js';
import { collectResultFields, readPhotos } from './result-response.js';

function answerWith(result: Record<string, unknown>): Buffer {
  return Buffer.from(JSON.stringify({ code: '0', result }));
}

function read(result: Record<string, unknown>, askedFor = true) {
  return readAnswer(answerWith(result), askedFor);
}

function readAnswer(answer: Buffer, askedFor = true) {
  const kept = new PhotoBuffers();
  const reader = new ResultResponseReader(kept);
  void reader.write(answer);
  const fields = collectResultFields(reader.end());
  return readPhotos(fields, askedFor ? { arrivals: reader.arrivals, kept: kept.photos } : undefined);
}

/** Not a JPEG: what the vendor sent is not for us to judge. */
const BYTES = Buffer.from([0, 255, 216, 10, 13, 61, 128]);

describe('photos', () => {
  it('are the bytes that were sent, exactly, under every documented name', () => {
    const photos = read({
      originBankcardPhoto: BYTES.toString('base64'),
      bankcardCropPhoto: randomBytes(5).toString('base64'),
      bankcardNoPhoto: BYTES.toString('base64'),
    });
    expect(photos).toMatchObject({ status: 'complete', damaged: [] });
    expect(photos.original?.bytes.equals(BYTES)).toBe(true);
    expect(photos.crop?.size).toBe(5);
    expect(photos.numberStrip?.bytes.equals(BYTES)).toBe(true);
  });

  it('are read under the misspelled name of 2017, too', () => {
    expect(read({ orginBankcardPhoto: BYTES.toString('base64') }).original?.bytes.equals(BYTES)).toBe(true);
    const both = read({ orginBankcardPhoto: '', originBankcardPhoto: BYTES.toString('base64') });
    expect(both.original?.size).toBe(BYTES.length);
  });

  it.each<[string, (base64: string) => string]>([
    ['without padding', (base64) => base64.replace(/=+$/, '')],
    ['in lines', (base64) => base64.replace(/(.{4})/g, '$1\r\n')],
    ['with a line end behind the padding', (base64) => `${base64}\r\n`],
  ])('are read %s', (_how, spell) => {
    for (const length of [1, 2, 3, 4, 300]) {
      const bytes = randomBytes(length);
      const { crop, damaged } = read({ bankcardCropPhoto: spell(bytes.toString('base64')) });
      expect(damaged).toEqual([]);
      expect(crop?.bytes.equals(bytes)).toBe(true);
    }
  });

  it.each([
    {},
    { bankcardCropPhoto: '' },
    { bankcardCropPhoto: 'null', bankcardNoPhoto: null },
    { bankcardCropPhoto: null, bankcardNoPhoto: '', originBankcardPhoto: '' },
  ])('are pending while none has come: %j', (result) => {
    expect(read(result)).toEqual({ status: 'pending', damaged: [] });
  });

  it('are complete when one has come; a crop may stay away for good', () => {
    const photos = read({ originBankcardPhoto: 'AAAA', bankcardCropPhoto: '' });
    expect(photos.status).toBe('complete');
    expect(photos.crop).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['no Base64', '<html>'],
    ['a data URL', 'data:image/jpeg;base64,AAAA'],
    ['padding in the middle', 'AA==AAAA'],
    ['too much padding', 'AAAA==='],
    ['one character', 'A'],
    ['a number', 5],
    ['false', false],
    ['an object', {}],
    ['an array', ['AAAA']],
    ['full-width letters', 'ＡＡＡＡ'],
  ])('are damaged, and no error, when they are %s', (_what, value) => {
    const photos = read({ bankcardCropPhoto: value, originBankcardPhoto: 'AAAA' });
    expect(photos).toMatchObject({ status: 'complete', damaged: ['crop'] });
    expect(photos.crop).toBeUndefined();
    expect(photos.original?.size).toBe(3);
  });

  it('are absent when they were not asked for, even if they come', () => {
    expect(read({ bankcardCropPhoto: 'AAAA' }, false)).toEqual({ status: 'absent', damaged: [] });
  });

  it.each<[string, string]>([
    ['10 MB', 'A'.repeat(10_000_000)],
    ['10 MB and a wrong end', `${'A'.repeat(10_000_000)}!`],
    ['line ends and a wrong end', `${'\r\n'.repeat(500_000)}!`],
    ['paddings', `${'='.repeat(1_000_000)}!`],
  ])('are read in linear time: %s', (_what, value) => {
    const answer = answerWith({ bankcardCropPhoto: value });
    // Of the processor: what else this machine does meanwhile does not count.
    const before = process.cpuUsage();
    readAnswer(answer);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(10_000);
  });
});
