import { PassThrough, Writable } from 'node:stream';
import { inspect } from 'node:util';
import { CARD_CROP_JPEG } from '../../testing/photos/example-photos.js';
import { checkPhotoDestination, Download } from './download.js';
import { toDirectory } from './photo-directory.js';
import type { PhotoMeta } from './sink.target.js';

const CROP = Buffer.from(CARD_CROP_JPEG, 'base64');

/** Takes everything and forgets it. */
const nowhere = () => new Writable({ write: (_bytes, _encoding, callback) => callback() });

async function write(download: Download, kind: 'original' | 'crop' | 'numberStrip', bytes: Buffer): Promise<void> {
  const target = download.open(kind);
  await target.write(bytes);
  await target.end();
}

describe('a download to a sink of the application', () => {
  it('tells the sink what it needs to know, and what has come', async () => {
    const calls: [string, PhotoMeta][] = [];
    const download = new Download('order1', 2, (kind, meta) => {
      calls.push([kind, meta]);
      return nowhere();
    });
    await write(download, 'numberStrip', Buffer.from('something else'));
    await write(download, 'original', CROP);
    expect(calls).toEqual([
      ['numberStrip', { orderNo: 'order1', mediaType: 'application/octet-stream', extension: 'bin', attempt: 2 }],
      ['original', { orderNo: 'order1', mediaType: 'image/jpeg', extension: 'jpg', attempt: 2 }],
    ]);
    const photos = await download.complete();
    expect(photos).toStrictEqual([
      {
        ...{ kind: 'original', size: CROP.length, mediaType: 'image/jpeg' },
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      { kind: 'numberStrip', size: 14, mediaType: 'application/octet-stream', sha256: expect.any(String) },
    ]);
  });

  it('shows no byte when it is printed', async () => {
    const download = new Download('order1', 1, nowhere);
    await write(download, 'crop', CROP);
    const shown = inspect([download, await download.complete()], { depth: Infinity, showHidden: true });
    for (const secret of [CARD_CROP_JPEG.slice(8, 24), 'ff d8 ff']) expect(shown).not.toContain(secret);
  });

  it('lists no damaged photo among those that came, and destroys what it went to', async () => {
    const opened = new Map<string, Writable>();
    const download = new Download('order1', 1, (kind) => {
      opened.set(kind, nowhere());
      return opened.get(kind)!;
    });
    for (const kind of ['numberStrip', 'original'] as const) {
      const target = download.open(kind);
      await target.write(CROP);
      target.damaged();
    }
    await write(download, 'crop', CROP);
    expect((await download.complete()).map(({ kind }) => kind)).toEqual(['crop']);
    const damaged = expect.objectContaining({ code: 'PHOTO_DAMAGED' });
    expect([...opened].map(([kind, { errored }]) => [kind, errored])).toEqual([
      ['numberStrip', damaged],
      ['original', damaged],
      ['crop', null],
    ]);
  });

  it('destroys what has not finished when it is given up, and leaves the rest', async () => {
    const opened: PassThrough[] = [];
    const download = new Download('order1', 1, () => {
      opened.push(new PassThrough());
      return opened.at(-1)!;
    });
    await write(download, 'original', Buffer.from('a small photo'));
    const held = download.open('crop').write(CROP);
    const reason = new Error('the answer broke off');
    await download.abandon(reason);
    await expect(held).rejects.toBe(reason);
    expect(opened.map(({ errored }) => errored)).toEqual([null, reason]);
  });

  it('is given up for any reason, also one that is no Error', async () => {
    const download = new Download('order1', 1, nowhere);
    await download.open('crop').write(CROP);
    await expect(download.abandon(undefined)).resolves.toBeUndefined();
  });

  it.each([undefined, null, 'photos', {}, new PassThrough(), { transaction: () => undefined }])(
    'cannot go to %p',
    (to) => {
      expect(() => checkPhotoDestination(to)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    },
  );

  it.each([nowhere, toDirectory('photos')])('can go to %p', (to) => {
    expect(() => checkPhotoDestination(to)).not.toThrow();
  });
});
