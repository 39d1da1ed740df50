import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NODE_FILE_SYSTEM } from '../../runtime/file-system.js';
import { SYSTEM_RUNTIME } from '../../runtime/random.js';
import { FileTicketStore } from './file-ticket.store.js';
import { recordFolder } from './folder-safety.js';
import { aRecord } from './ticket-store.contract.test-support.js';
import { StoreFolder } from './store-folder.js';

const APP_ID = 'IDATROUBLE';
let directory: string;
beforeEach(() => void (directory = mkdtempSync(path.join(tmpdir(), 'trouble-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function openStore(): Promise<FileTicketStore> {
  const store = new FileTicketStore({ directory, appId: APP_ID, timeoutMs: 300_000 });
  await store.open();
  return store;
}

/** One that soon gives up; on a slow machine also without trouble. */
const impatient = (): FileTicketStore => new FileTicketStore({ directory, appId: APP_ID, timeoutMs: 50 });

/** Try until it works. */
async function sooner<T>(use: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const result = await use().catch(() => undefined);
    if (result !== undefined) return result;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Lasts until it is told to end: all threads that files are read by wait for the other ends of pipes. */
async function withoutThreads(work: (end: () => void) => Promise<void>): Promise<void> {
  const pipes = Array.from({ length: Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) }, (_, n) =>
    path.join(directory, `pipe${n}`),
  );
  execFileSync('mkfifo', pipes);
  const opened = pipes.map((pipe) => open(pipe, 'r').then((file) => file.close()));
  let hasEnded = false;
  const end = (): void => {
    if (!hasEnded) for (const pipe of pipes) openSync(pipe, 'r+');
    hasEnded = true;
  };
  try {
    await work(end);
  } finally {
    end();
    await Promise.all(opened);
  }
}

describe('a file system that does not respond', () => {
  it('holds nobody up for longer than the limit, and is not asked again meanwhile', async () => {
    await (await openStore()).compareAndSet(undefined, aRecord(1));
    const store = impatient();
    await withoutThreads(async (end) => {
      const waiting = [store.read(), store.compareAndSet(aRecord(1), aRecord(2)), store.acquireLease(4_000)];
      for (const outcome of await Promise.allSettled(waiting)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'StoreError', code: 'TIMEOUT' } });
      }
      await expect(store.read()).rejects.toThrow(/the file system has not responded for 50 ms/);
      await store.close();
      end();
    });
    // What had been given up was carried out, or not; nobody was told either way.
    await sooner(() => store.read());
    // The lease that came too late was given back.
    await (await sooner(() => store.acquireLease(4_000))).release();
  });

  it('does not keep a release waiting', async () => {
    await openStore();
    const store = impatient();
    const lease = await sooner(() => store.acquireLease(60_000));
    await withoutThreads(async () => lease.release());
  });
});

describe('an operation on files', () => {
  it('fails with the call that failed and the name of the file, without the path', async () => {
    const folder = new StoreFolder(directory, NODE_FILE_SYSTEM, SYSTEM_RUNTIME, 10_000);
    const missing = path.join(directory, 'canary', 'record.1');
    const failed = folder.limited(() => open(missing, 'r'));
    await expect(failed).rejects.toMatchObject({ code: 'ENOENT', message: 'ENOENT: open record.1' });
    await expect(folder.limited(() => Promise.reject(new TypeError('as it is')))).rejects.toThrow(TypeError);
  });
});

/** Mounts a small file system on the directory; undefined, with the reason printed, where this user may not. */
function mountSmall(): (() => void) | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', directory], { stdio: 'pipe' });
  } catch (error) {
    process.stderr.write(`not tried, because no file system can be mounted here: ${String(error)}\n`);
    return undefined;
  }
  return () => void execFileSync('umount', [directory]);
}

describe('a disk', () => {
  it('that is full, or becomes read-only, fails until it is not, and nothing is left behind', async () => {
    const unmount = mountSmall();
    if (!unmount) return;
    try {
      const store = await openStore();
      await store.compareAndSet(undefined, aRecord(1));
      const folder = recordFolder(directory, APP_ID);
      const before = readdirSync(folder);
      const filler = path.join(directory, 'filler');
      expect(() => writeFileSync(filler, Buffer.alloc(1_000_000))).toThrow(/ENOSPC/);
      for (let tries = 0; tries < 50; tries += 1) {
        await expect(store.compareAndSet(aRecord(1), aRecord(2))).rejects.toThrow(/ENOSPC/);
        await expect(store.acquireLease(4_000)).rejects.toThrow(/ENOSPC/);
      }
      await expect(store.read()).resolves.toEqual(aRecord(1));
      expect(readdirSync(folder)).toEqual(before);
      rmSync(filler);
      await expect(store.compareAndSet(aRecord(1), aRecord(2))).resolves.toBe(true);

      execFileSync('mount', ['-o', 'remount,ro', directory]);
      await expect(store.compareAndSet(aRecord(2), aRecord(3))).rejects.toThrow(/EROFS/);
      await expect(store.acquireLease(4_000)).rejects.toThrow(/EROFS/);
      await expect(store.read()).resolves.toEqual(aRecord(2));
      await expect(openStore()).rejects.toThrow(/EROFS/);
      const reader = new FileTicketStore({ directory, appId: APP_ID });
      await reader.open('read');
      await expect(reader.read()).resolves.toEqual(aRecord(2));
      execFileSync('mount', ['-o', 'remount,rw', directory]);
      await expect(store.compareAndSet(aRecord(2), aRecord(3))).resolves.toBe(true);
      await expect(store.acquireLease(4_000).then((lease) => lease?.release())).resolves.toBeUndefined();
    } finally {
      unmount();
    }
  });

  it('that is not there any more is a new one as soon as it is', async () => {
    const store = await openStore();
    await store.compareAndSet(undefined, aRecord(1));
    rmSync(directory, { recursive: true });
    writeFileSync(directory, '');
    await expect(store.read()).rejects.toThrow(/ENOTDIR/);
    await expect(store.compareAndSet(aRecord(1), aRecord(2))).rejects.toThrow(/ENOTDIR/);
    rmSync(directory);
    mkdirSync(directory, { mode: 0o700 });
    await expect(store.read()).resolves.toBeUndefined();
    await expect(store.compareAndSet(undefined, aRecord(1))).resolves.toBe(true);
  });
});
