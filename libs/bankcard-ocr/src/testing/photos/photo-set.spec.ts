import { KycSandbox } from '../kyc-sandbox.js';
import { ManualClock } from '../manual-clock.js';
import { PlainClient, until } from '../plain-client.test-support.js';

const CLEAN = KycSandbox.EXAMPLE_ORDERS.clean;
const PHOTOS = ['bankcardCropPhoto', 'bankcardNoPhoto', 'originBankcardPhoto'];

/** Walk a JPEG's segments to its frame header; throws when it is none. */
function sizeOfJpeg(base64: string): { width: number; height: number; bytes: number } {
  const jpeg = Buffer.from(base64, 'base64');
  expect(jpeg.toString('base64')).toBe(base64);
  expect(jpeg.readUInt16BE(0)).toBe(0xffd8);
  // The JFIF header comes first, whatever else is put in.
  expect(jpeg.readUInt16BE(2)).toBe(0xffe0);
  expect(jpeg.readUInt16BE(jpeg.length - 2)).toBe(0xffd9);
  let at = 2;
  while (jpeg.readUInt16BE(at) !== 0xffc0) {
    expect(jpeg[at]).toBe(0xff);
    at += 2 + jpeg.readUInt16BE(at + 2);
  }
  return { height: jpeg.readUInt16BE(at + 5), width: jpeg.readUInt16BE(at + 7), bytes: jpeg.length };
}

describe('photos', () => {
  let clock: ManualClock;
  let sandbox: KycSandbox;
  let client: PlainClient;
  let ticket: string;

  beforeEach(async () => {
    clock = new ManualClock();
    sandbox = await KycSandbox.start({ clock });
    client = new PlainClient(sandbox);
    ({ ticket } = await client.refresh());
  });

  afterEach(async () => {
    client.close();
    await sandbox.stop();
  });

  const resultOf = async (orderNo: string) => (await client.query(orderNo, ticket, { get_file: '1' })).json.result;

  test('three JPEGs: the photo, the card cut out, the strip with the number', async () => {
    const result = await resultOf(CLEAN);
    const sizes = PHOTOS.map((name) => sizeOfJpeg(result[name]));
    expect(sizes.map(({ width, height }) => [width, height])).toEqual([
      [700, 442],
      [804, 124],
      [960, 720],
    ]);
    for (const { bytes } of sizes) {
      expect(bytes).toBeGreaterThan(10_000);
      expect(bytes).toBeLessThan(30_000);
    }
  });

  test.each([50_000, 65_600, 1_000_000])('padded to %d bytes they are still JPEGs', async (photoBytes) => {
    sandbox.configure({ photoBytes });
    const result = await resultOf(CLEAN);
    for (const name of PHOTOS) {
      const { bytes, width } = sizeOfJpeg(result[name]);
      expect(width).toBeGreaterThan(600);
      expect(Math.abs(bytes - photoBytes)).toBeLessThan(8);
    }
    sandbox.configure({ photoBytes: undefined });
    expect(sizeOfJpeg((await resultOf(CLEAN)).bankcardNoPhoto).bytes).toBeLessThan(30_000);
  });

  test('no-crop: the crop is empty for good; none: no photo at all', async () => {
    sandbox.addOrder({ orderNo: 'noCrop', photos: 'no-crop' });
    sandbox.addOrder({ orderNo: 'none', photos: 'none' });
    const noCrop = await resultOf('noCrop');
    expect(noCrop.bankcardCropPhoto).toBe('');
    expect(sizeOfJpeg(noCrop.originBankcardPhoto).width).toBe(960);
    const none = await resultOf('none');
    expect(PHOTOS.filter((name) => name in none)).toEqual([]);
  });

  describe('late ones', () => {
    test.each([
      ['missing', undefined],
      ['empty', ''],
    ] as const)('%s until their time has come, counted from the first query with photos', async (as, early) => {
      sandbox.configure({ latePhotos: { delayMs: 1_000, as } });
      await client.query(CLEAN, ticket);
      clock.advance(5_000);
      const first = await resultOf(CLEAN);
      expect(PHOTOS.map((name) => first[name])).toEqual([early, early, early]);
      expect(PHOTOS.some((name) => name in first)).toBe(as === 'empty');
      expect(first.bankCardNo).toHaveLength(19);
      clock.advance(999);
      expect((await resultOf(CLEAN)).bankcardNoPhoto).toBe(early);
      clock.advance(1);
      expect(sizeOfJpeg((await resultOf(CLEAN)).bankcardNoPhoto).width).toBe(804);
      // Every order has its own first query.
      expect((await resultOf('warnM9110')).bankcardNoPhoto).toBe(early);
    });

    test('slow: the response waits for them', async () => {
      sandbox.configure({ latePhotos: { delayMs: 1_000, as: 'slow' } });
      let answered = false;
      const response = resultOf(CLEAN).then((result) => {
        answered = true;
        return result;
      });
      await until(() => clock.pendingTimers === 1);
      await clock.advanceAsync(999);
      expect(answered).toBe(false);
      clock.advance(1);
      expect(sizeOfJpeg((await response).bankcardNoPhoto).width).toBe(804);
      expect((await resultOf(CLEAN)).bankcardNoPhoto).not.toBe('');
    });

    test('a crop that stays empty is empty after the wait too', async () => {
      sandbox.configure({ latePhotos: { delayMs: 1_000, as: 'empty' } });
      const { noValidity } = KycSandbox.EXAMPLE_ORDERS;
      await resultOf(noValidity);
      clock.advance(1_000);
      const result = await resultOf(noValidity);
      expect(result.bankcardCropPhoto).toBe('');
      expect(result.bankcardNoPhoto).not.toBe('');
    });

    test('they can be switched off again', async () => {
      sandbox.configure({ latePhotos: { delayMs: 1_000, as: 'empty' } });
      sandbox.configure({ latePhotos: undefined });
      expect((await resultOf(CLEAN)).bankcardNoPhoto).not.toBe('');
    });
  });
});
