import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileSystem, NODE_FILE_SYSTEM } from '../../runtime/file-system.js';
import { FileTicketStore } from './file-ticket.store.js';
import { aRecord, describeTicketStore } from './ticket-store.contract.test-support.js';

const directories: string[] = [];

async function aDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tickets-'));
  directories.push(directory);
  return directory;
}

async function aStore(directory: string, warnings: string[] = []): Promise<FileTicketStore> {
  const store = new FileTicketStore({ directory, appId: 'IDATEST01', timeoutMs: 300_000 });
  store.onWarning = (warning) => warnings.push(warning);
  await store.open();
  return store;
}

/** The one folder that the store made for its app id. */
async function folderOf(directory: string): Promise<string> {
  return join(directory, (await readdir(directory))[0]!);
}

afterAll(async () => {
  await Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true })));
});

describeTicketStore('file', async () => {
  const directory = await aDirectory();
  return () => aStore(directory);
});

describe('the file kind of ticket store', () => {
  it('survives a restart', async () => {
    const directory = await aDirectory();
    await (await aStore(directory)).compareAndSet(undefined, aRecord(1));
    await expect((await aStore(directory)).read()).resolves.toEqual(aRecord(1));
  });

  it('keeps app ids apart and does not tell them', async () => {
    const directory = await aDirectory();
    await (await aStore(directory)).compareAndSet(undefined, aRecord(1));
    const other = new FileTicketStore({ directory, appId: '../IDATEST02' });
    await other.open();
    await expect(other.read()).resolves.toBeUndefined();
    expect((await readdir(directory)).join()).not.toContain('IDATEST');
  });

  it('lets only its user read, whatever the umask', async () => {
    const directory = await aDirectory();
    const umask = process.umask(0);
    try {
      await (await aStore(directory)).compareAndSet(undefined, aRecord(1));
    } finally {
      process.umask(umask);
    }
    const folder = await folderOf(directory);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });

  it('leaves a record of another version alone, and fails', async () => {
    const directory = await aDirectory();
    const store = await aStore(directory);
    await store.compareAndSet(undefined, aRecord(1));
    const path = join(await folderOf(directory), 'record.0000000000000001');
    await writeFile(path, '{"format":2,"revision":1}');
    await expect(store.read()).rejects.toMatchObject({ code: 'RECORD_OF_ANOTHER_VERSION' });
    await expect(store.compareAndSet(undefined, aRecord(1))).rejects.toMatchObject({
      code: 'RECORD_OF_ANOTHER_VERSION',
    });
    await expect(stat(path)).resolves.toBeDefined();
  });

  it.each(['', '{', '{"format":1}', '[]', '\u0000\u0000'])(
    'sets a damaged record aside (%j) and goes on',
    async (damage) => {
      const directory = await aDirectory();
      const warnings: string[] = [];
      const store = await aStore(directory, warnings);
      await store.compareAndSet(undefined, aRecord(1));
      const folder = await folderOf(directory);
      await writeFile(join(folder, 'record.0000000000000001'), damage);
      await expect(store.read()).resolves.toBeUndefined();
      const aside = join(folder, 'damaged');
      expect(warnings).toEqual([`the stored credentials were damaged and set aside as ${aside}`]);
      await expect(readFile(aside, 'utf8')).resolves.toBe(damage);
      await expect(store.compareAndSet(undefined, aRecord(1))).resolves.toBe(true);
      await expect(store.read()).resolves.toEqual(aRecord(1));
    },
  );

  it('goes on after somebody deleted its directory', async () => {
    const directory = await aDirectory();
    const store = await aStore(directory);
    await store.compareAndSet(undefined, aRecord(1));
    await rm(await folderOf(directory), { recursive: true });
    await expect(store.read()).resolves.toBeUndefined();
    await expect(store.compareAndSet(undefined, aRecord(1))).resolves.toBe(true);
    await expect(store.acquireLease(1_000)).resolves.toBeDefined();
  });

  it('refuses a record whose folder was emptied while it was written, the lease of its writer included', async () => {
    const directory = await aDirectory();
    let isEmptiedNext = false;
    const open: FileSystem['open'] = async (path, ...rest) => {
      const folder = await folderOf(directory);
      const names = isEmptiedNext ? await readdir(folder) : [];
      isEmptiedNext = false;
      await Promise.all(names.map((name) => rm(join(folder, name))));
      return NODE_FILE_SYSTEM.open(path, ...rest);
    };
    const store = new FileTicketStore({ directory, appId: 'IDATEST01' }, { ...NODE_FILE_SYSTEM, open });
    await store.open();
    await store.compareAndSet(undefined, aRecord(1));
    const lease = await store.acquireLease(60_000);
    isEmptiedNext = true;
    await expect(store.compareAndSet(aRecord(1), aRecord(2), lease)).resolves.toBe(false);
    // The process that takes the lease now finds nothing, rather than a refresh whose holder seems to be dead.
    await expect(store.read()).resolves.toBeUndefined();
    await expect(store.compareAndSet(undefined, aRecord(1), lease)).resolves.toBe(true);
    await lease?.release();
  });

  it('is not stopped by a machine that gives no watches', async () => {
    const directory = await aDirectory();
    const store = await aStore(directory);
    // A directory that is gone fails as a machine does that has run out of watches: at once, by throwing.
    await rm(await folderOf(directory), { recursive: true });
    const stop = store.watch(() => undefined);
    expect(stop).not.toThrow();
  });

  it('sets a name aside that leads nowhere, or to no file', async () => {
    const directory = await aDirectory();
    const store = await aStore(directory);
    const folder = await folderOf(directory);
    await symlink(join(folder, 'nowhere'), join(folder, 'record.0000000000000007'));
    await expect(store.read()).resolves.toBeUndefined();
    await mkdir(join(folder, 'record.0000000000000009'));
    await rm(join(folder, 'damaged'), { force: true });
    await expect(store.read()).resolves.toBeUndefined();
    await expect(store.compareAndSet(undefined, aRecord(1))).resolves.toBe(true);
  });

  it('does not let its files pile up', async () => {
    const directory = await aDirectory();
    const store = await aStore(directory);
    await store.compareAndSet(undefined, aRecord(1));
    for (let revision = 1; revision < 20; revision += 1) {
      await store.compareAndSet(aRecord(revision), aRecord(revision + 1));
      await (await store.acquireLease(1_000))!.release();
    }
    expect((await readdir(await folderOf(directory))).length).toBeLessThanOrEqual(4);
  });

  it('refuses to open where nothing can be written', async () => {
    const directory = await aDirectory();
    await writeFile(join(directory, 'a-file'), '');
    const store = new FileTicketStore({ directory: join(directory, 'a-file'), appId: 'IDATEST01' });
    await expect(store.open()).rejects.toThrow(/ENOTDIR|EEXIST/);
  });

  it('clears what a killed process left half written, but nothing fresh', async () => {
    const directory = await aDirectory();
    await aStore(directory);
    const folder = await folderOf(directory);
    await writeFile(join(folder, 'beside.old'), '{"for');
    await writeFile(join(folder, 'beside.fresh'), '{"for');
    await utimes(join(folder, 'beside.old'), 1, 1);
    await aStore(directory);
    await expect(readdir(folder)).resolves.toEqual(['beside.fresh']);
  });

  it('takes over from a holder that gives no sign of life, once, and not before', async () => {
    const directory = await aDirectory();
    const [first, second] = [await aStore(directory), await aStore(directory)];
    const dead = await first.acquireLease(60_000);
    // A heartbeat every 15 s stands still for a watcher who expects one within 150 ms: as good as dead.
    const startedAt = performance.now();
    await expect(second.acquireLease(150)).resolves.toBeUndefined();
    let taken = await second.acquireLease(150);
    while (!taken) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      taken = await second.acquireLease(150);
    }
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(150);
    await expect(first.acquireLease(150)).resolves.toBeUndefined();
    await dead!.release();
    await expect(first.acquireLease(60_000)).resolves.toBeUndefined();
    await taken.release();
  });

  it('tells a holder that its lease was taken over', async () => {
    const directory = await aDirectory();
    const [first, second] = [await aStore(directory), await aStore(directory)];
    const slow = await first.acquireLease(4_000);
    let taken = await second.acquireLease(1);
    // Where a heartbeat comes in between, the second has to look again.
    while (!taken) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      taken = await second.acquireLease(1);
    }
    await new Promise<void>((resolve) => slow!.signal.addEventListener('abort', () => resolve()));
    await slow!.release();
    await taken!.release();
  });
});
