import fs from 'node:fs';
import fsPromises, { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { CARD_CROP_JPEG } from '../../testing/photos/example-photos.js';
import { NODE_FILE_SYSTEM } from '../../runtime/file-system.js';
import { Download } from './download.js';
import { SinkFailure } from './sink.target.js';
import { type PhotoDirectory, toDirectory } from './photo-directory.js';

const CROP = Buffer.from(CARD_CROP_JPEG, 'base64');
const PNG = Buffer.from('89504e470d0a1a0a0000000d4948445200000280000001e00802000000', 'hex');
const ORDER = 'order1';
const LEFT_OVER = '.bankcard-ocr-01234567-89ab-cdef-0123-456789abcdef.part';

let parent: string;
let path: string;
let directory: PhotoDirectory;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'photos-'));
  path = join(parent, 'photos');
  directory = toDirectory(path);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await rm(parent, { recursive: true, force: true });
});

async function write(download: Download, kind: 'original' | 'crop' | 'numberStrip', bytes: Buffer): Promise<void> {
  const target = download.open(kind);
  for (let at = 0; at < bytes.length; at += 9_000) await target.write(bytes.subarray(at, at + 9_000));
  await target.end();
}

async function aDownload(bytes: Buffer, orderNo = ORDER): Promise<Download> {
  const download = new Download(orderNo, 1, directory);
  await write(download, 'crop', bytes);
  return download;
}

const modeOf = async (name: string) => ((await stat(join(path, name))).mode & 0o777).toString(8);

describe('a directory for photos', () => {
  it('has them under their names when the answer is good, and not a moment earlier', async () => {
    const download = new Download(ORDER, 1, directory);
    await write(download, 'crop', CROP);
    await write(download, 'original', PNG);
    const hidden = await readdir(path);
    expect(hidden).toHaveLength(2);
    expect(hidden.filter((name) => !name.startsWith('.'))).toEqual([]);
    const photos = await download.complete();
    expect(photos).toMatchObject([
      { kind: 'original', path: join(path, 'order1-original.png'), mediaType: 'image/png' },
      { kind: 'crop', path: join(path, 'order1-crop.jpg'), size: CROP.length },
    ]);
    expect((await readdir(path)).sort()).toEqual(['order1-crop.jpg', 'order1-original.png']);
    expect(CROP.equals(await readFile(photos[1]!.path!))).toBe(true);
  });

  it('lets only its user read, whatever the umask', async () => {
    const umask = process.umask(0);
    try {
      const download = await aDownload(CROP);
      expect(await modeOf((await readdir(path))[0]!)).toBe('600');
      await download.complete();
    } finally {
      process.umask(umask);
    }
    expect(await modeOf('.')).toBe('700');
    expect(await modeOf('order1-crop.jpg')).toBe('600');
  });

  it('is made with those above it, and taken as it is when it is there', async () => {
    directory = toDirectory(join(path, 'of', 'today'));
    await (await aDownload(CROP)).complete();
    expect(await modeOf('of/today')).toBe('700');
    await mkdir(join(parent, 'open'), { mode: 0o755 });
    directory = toDirectory(join(parent, 'open'));
    await (await aDownload(CROP)).complete();
    expect(await modeOf('../open')).toBe('755');
  });

  it('may be a relative path: the working directory of that moment counts', async () => {
    directory = toDirectory(relative(process.cwd(), path));
    const [photo] = await (await aDownload(CROP)).complete();
    expect(photo!.path).toBe(join(path, 'order1-crop.jpg'));
  });

  it('replaces a photo that is there, without touching the old file', async () => {
    await (await aDownload(Buffer.concat([CROP, CROP]))).complete();
    const reader = await fsPromises.open(join(path, 'order1-crop.jpg'));
    await (await aDownload(CROP)).complete();
    expect(await readdir(path)).toEqual(['order1-crop.jpg']);
    expect((await stat(join(path, 'order1-crop.jpg'))).size).toBe(CROP.length);
    expect((await reader.readFile()).length).toBe(2 * CROP.length);
    await reader.close();
  });

  it('replaces a link instead of following it', async () => {
    await mkdir(path);
    await writeFile(join(parent, 'elsewhere'), 'untouched');
    await symlink(join(parent, 'elsewhere'), join(path, 'order1-crop.jpg'));
    await (await aDownload(CROP)).complete();
    expect(await readFile(join(parent, 'elsewhere'), 'utf8')).toBe('untouched');
    expect((await stat(join(path, 'order1-crop.jpg'))).size).toBe(CROP.length);
  });

  it('takes many orders at once, also the same one', async () => {
    const orders = Array.from({ length: 30 }, (_, order) => `order${order % 20}`);
    await Promise.all(orders.map(async (orderNo) => (await aDownload(CROP, orderNo)).complete()));
    expect((await readdir(path)).sort()).toEqual([...new Set(orders)].map((orderNo) => `${orderNo}-crop.jpg`).sort());
  });

  it('makes files durable before they get their names, and the names afterwards', async () => {
    const steps: string[] = [];
    const { fsync } = fs;
    const { rename, syncDirectory } = NODE_FILE_SYSTEM;
    jest.spyOn(fs, 'fsync').mockImplementation((file, callback) => {
      steps.push('file durable');
      return fsync(file, callback);
    });
    jest.spyOn(NODE_FILE_SYSTEM, 'rename').mockImplementation((from, to) => {
      steps.push('named');
      return rename(from, to);
    });
    jest.spyOn(NODE_FILE_SYSTEM, 'syncDirectory').mockImplementation((name) => {
      steps.push(`${relative(parent, name) || 'parent'} durable`);
      return syncDirectory(name);
    });
    const download = new Download(ORDER, 1, directory);
    await write(download, 'crop', CROP);
    await write(download, 'numberStrip', CROP);
    expect(steps).toEqual(['parent durable', 'file durable', 'file durable']);
    await download.complete();
    expect(steps.slice(3)).toEqual(['named', 'named', 'photos durable']);
  });
});

describe('a download that is given up', () => {
  const reason = new Error('the answer broke off');

  it('leaves nothing, whatever it was doing', async () => {
    const download = new Download(ORDER, 1, directory);
    await write(download, 'original', CROP);
    await download.open('crop').write(CROP);
    const justBegun = download.open('numberStrip').write(CROP);
    await download.abandon(reason);
    await expect(justBegun).rejects.toBe(reason);
    await setImmediate();
    expect(await readdir(path)).toEqual([]);
  });

  it('leaves the photos of an earlier one', async () => {
    await (await aDownload(CROP)).complete();
    await (await aDownload(PNG)).abandon(reason);
    expect(await readdir(path)).toEqual(['order1-crop.jpg']);
  });

  it('makes no directory when no photo has begun', async () => {
    await new Download(ORDER, 1, directory).abandon(reason);
    await expect(new Download(ORDER, 1, directory).complete()).resolves.toEqual([]);
    expect(await readdir(parent)).toEqual([]);
  });

  it('does nothing once it is complete', async () => {
    const download = await aDownload(CROP);
    await download.complete();
    await download.abandon(reason);
    expect(await readdir(path)).toEqual(['order1-crop.jpg']);
  });

  it('leaves no file of a damaged photo, and keeps the others', async () => {
    const download = await aDownload(CROP);
    const damaged = download.open('original');
    await damaged.write(CROP);
    damaged.damaged();
    expect((await download.complete()).map(({ kind }) => kind)).toEqual(['crop']);
    expect(await readdir(path)).toEqual(['order1-crop.jpg']);
  });
});

describe('a directory that cannot take them', () => {
  it('is a file', async () => {
    await writeFile(path, '');
    const failure = await aDownload(CROP).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SinkFailure);
    expect((failure as SinkFailure).cause).toMatchObject({ code: 'EEXIST' });
  });

  it('has a directory of that name', async () => {
    await mkdir(join(path, 'order1-crop.jpg', 'inside'), { recursive: true });
    const download = await aDownload(CROP);
    const failure = await download.complete().catch((error: unknown) => error);
    expect((failure as SinkFailure).cause).toMatchObject({ code: expect.stringMatching(/EISDIR|ENOTEMPTY|EEXIST/) });
    await download.abandon(failure);
    expect(await readdir(path)).toEqual(['order1-crop.jpg']);
  });

  it('is taken away meanwhile', async () => {
    const download = await aDownload(CROP);
    await rm(path, { recursive: true });
    const failure = await download.complete().catch((error: unknown) => error);
    expect((failure as SinkFailure).cause).toMatchObject({ code: 'ENOENT' });
    await download.abandon(failure);
  });

  it('is never left: an order number that is none makes no path', async () => {
    const download = new Download('../order1', 1, directory);
    const failure = await write(download, 'crop', CROP).catch((error: unknown) => error);
    expect((failure as SinkFailure).cause).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await readdir(parent)).toEqual([]);
  });

  it.each(['', '  ', 'a\0b', undefined, null, 7, new URL('file:///tmp')])('is not told by %p', (path) => {
    expect(() => toDirectory(path as string)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('what a killed process has left', () => {
  const before = (ms: number) => new Date(Date.now() - ms);

  it('is removed by the next download when it is an hour old, and nothing else is', async () => {
    await mkdir(path);
    const others = [
      '.bankcard-ocr-x.part',
      '.other.part',
      'photo.jpg',
      LEFT_OVER.replace('0', '1'),
      `${LEFT_OVER}.jpg`,
    ];
    for (const name of [LEFT_OVER, ...others]) {
      await writeFile(join(path, name), '');
      const age = name === LEFT_OVER.replace('0', '1') ? 3_500_000 : 3_700_000;
      await utimes(join(path, name), before(age), before(age));
    }
    await (await aDownload(CROP)).complete();
    expect((await readdir(path)).sort()).toEqual([...others, 'order1-crop.jpg'].sort());
  });

  it('is looked for once an hour: a directory of many photos takes a while to list', async () => {
    const list = jest.spyOn(NODE_FILE_SYSTEM, 'readdir');
    for (let order = 0; order < 3; order += 1) await (await aDownload(CROP, `order${order}`)).complete();
    // Of this directory: the module is that of the whole process, in which somebody else may list another one.
    expect(list.mock.calls.filter(([directory]) => directory === path)).toHaveLength(1);
  });

  it('fails no download', async () => {
    await mkdir(join(path, LEFT_OVER), { recursive: true });
    await utimes(join(path, LEFT_OVER), before(3_700_000), before(3_700_000));
    await expect((await aDownload(CROP)).complete()).resolves.toHaveLength(1);
  });
});
