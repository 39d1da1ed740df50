import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from './clock.js';
import { DurableFile, makeDirectory, removeAbandonedFiles, syncDirectory } from './durable-file.js';
import { type FileSystem, NODE_FILE_SYSTEM } from './file-system.js';

let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'durable-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const failing = (change: Partial<FileSystem>): FileSystem => ({ ...NODE_FILE_SYSTEM, ...change });
const error = (code: string) => Object.assign(new Error(code), { code });

describe('a durable file', () => {
  it('is made durable before it is closed, and is private', async () => {
    const steps: string[] = [];
    const files = failing({
      open: async (...args) => {
        const file = await NODE_FILE_SYSTEM.open(...args);
        return {
          write: (...given) => file.write(...given),
          utimes: (...given) => file.utimes(...given),
          writeFile: async (text) => void (await file.writeFile(text), steps.push('write')),
          sync: async () => void (await file.sync(), steps.push('sync')),
          close: async () => void (await file.close(), steps.push('close')),
        };
      },
    });
    const file = new DurableFile(directory, 'temporary', files);
    await file.write('content');
    expect(steps).toEqual(['write', 'sync', 'close']);
    expect(statSync(file.temporaryPath).mode & 0o777).toBe(0o600);
  });

  it('replaces a file of its final name', async () => {
    const final = join(directory, 'final');
    writeFileSync(final, 'old');
    const file = new DurableFile(directory, 'temporary');
    await file.write('new');
    await file.replace(final);
    await file.remove();
    expect(readFileSync(final, 'utf8')).toBe('new');
    expect(readdirSync(directory)).toEqual(['final']);
  });

  it('can leave a file of its final name alone', async () => {
    const final = join(directory, 'final');
    const [first, second] = ['first', 'second'].map((name) => new DurableFile(directory, name));
    await first!.write('first');
    await second!.write('second');
    await expect(first!.create(final)).resolves.toBe(true);
    await expect(second!.create(final)).resolves.toBe(false);
    await first!.remove();
    await second!.remove();
    expect(readFileSync(final, 'utf8')).toBe('first');
    expect(readdirSync(directory)).toEqual(['final']);
  });

  it('leaves nothing when it cannot be written', async () => {
    const files = failing({
      open: async (...args) => {
        const file = await NODE_FILE_SYSTEM.open(...args);
        return Object.assign(file, { sync: () => Promise.reject(error('ENOSPC')) });
      },
    });
    await expect(new DurableFile(directory, 'temporary', files).write('x')).rejects.toThrow('ENOSPC');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('does not take the place of another temporary file', async () => {
    writeFileSync(join(directory, 'temporary'), 'of another process');
    await expect(new DurableFile(directory, 'temporary').write('x')).rejects.toThrow(/EEXIST/);
    expect(readFileSync(join(directory, 'temporary'), 'utf8')).toBe('of another process');
  });

  it('can be written piece by piece, and removed at any moment', async () => {
    const whole = new DurableFile(directory, 'whole');
    await new Promise<void>((resolve) => {
      whole.createWriteStream().on('close', resolve).end('content');
    });
    await whole.replace(join(directory, 'final'));
    const justBegun = new DurableFile(directory, 'begun');
    justBegun.createWriteStream().write('x');
    await justBegun.remove();
    expect(readdirSync(directory)).toEqual(['final']);
  });
});

describe('making a directory durable', () => {
  it.each(['EINVAL', 'ENOTSUP', 'ENOSYS', 'EISDIR', 'EPERM', 'EACCES'])(
    'is left out where the system cannot do it: %s',
    async (code) => {
      const files = failing({ syncDirectory: () => Promise.reject(error(code)) });
      await expect(syncDirectory(directory, files)).resolves.toBeUndefined();
    },
  );

  it('fails with a disk that fails', async () => {
    const files = failing({ syncDirectory: () => Promise.reject(error('EIO')) });
    await expect(syncDirectory(directory, files)).rejects.toThrow('EIO');
  });

  it('covers every directory that was made, once', async () => {
    const synced: string[] = [];
    const files = failing({ syncDirectory: async (path) => void synced.push(path) });
    await makeDirectory(join(directory, 'a/b/c'), files);
    await makeDirectory(join(directory, 'a/b/c'), files);
    expect(synced).toEqual([join(directory, 'a/b'), join(directory, 'a'), directory]);
  });

  it('knows where a relative directory was made', async () => {
    const synced: string[] = [];
    const cwd = process.cwd();
    process.chdir(directory);
    try {
      await makeDirectory('a/b', failing({ syncDirectory: async (path) => void synced.push(path) }));
      expect(synced).toEqual([join(process.cwd(), 'a'), process.cwd()]);
    } finally {
      process.chdir(cwd);
    }
  });
});

it('abandoned temporary files are removed, younger and other ones are not', async () => {
  for (const name of ['temporary.old', 'temporary.new', 'other']) writeFileSync(join(directory, name), '');
  for (const name of ['temporary.old', 'other']) utimesSync(join(directory, name), 1, 1);
  const isTemporary = (name: string): boolean => name.startsWith('temporary.');
  await removeAbandonedFiles(directory, isTemporary, 60_000, new SystemClock());
  expect(readdirSync(directory).sort()).toEqual(['other', 'temporary.new']);
});
