import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HOSTILE_PATHS, mayDoAll } from '../../../../../test/support/hostile-paths.js';
import { HIGHEST_NUMBER } from '../ticket-record.js';
import { FileTicketStore } from './file-ticket.store.js';
import { openTicketStore } from '../../account/create-ticket-store.js';
import { recordFolder } from './folder-safety.js';
import { aRecord } from './ticket-store.contract.test-support.js';

const APP_ID = 'IDAHOSTILE';
const ends: (() => unknown)[] = [];
const onEnd = (end: () => unknown): void => void ends.push(end);

let directory: string;
let folder: string;
let warnings: string[];

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'hostile-'));
  onEnd(() => rmSync(directory, { recursive: true, force: true }));
  folder = recordFolder(directory, APP_ID);
  warnings = [];
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function aStore(where = directory): FileTicketStore {
  const store = new FileTicketStore({
    directory: where,
    appId: APP_ID,
    // A busy machine takes its time for thousands of files.
    timeoutMs: 300_000,
  });
  store.onWarning = (warning) => warnings.push(warning);
  onEnd(() => store.close());
  return store;
}

async function opened(where = directory): Promise<FileTicketStore> {
  const store = aStore(where);
  await store.open();
  return store;
}

const setAside = () => `the stored credentials were damaged and set aside as ${path.join(folder, 'damaged')}`;

/** The store can be leased, written and read, as if nothing had been there. */
async function worksAnew(store: FileTicketStore): Promise<void> {
  const lease = (await store.acquireLease(60_000))!;
  expect(lease).toBeDefined();
  const before = await store.read();
  const next = aRecord((before?.revision ?? 0) + 1);
  await expect(store.compareAndSet(before, next, lease)).resolves.toBe(true);
  await lease.release();
  await expect(store.read()).resolves.toEqual(next);
  await expect(store.acquireLease(60_000).then((again) => again?.release().then(() => 'released'))).resolves.toBe(
    'released',
  );
}

const record = (number: number | string): string => path.join(folder, `record.${String(number).padStart(16, '0')}`);
const leaseFile = (number: number | string): string => path.join(folder, `lease.${String(number).padStart(16, '0')}`);

describe.each(HOSTILE_PATHS)('%s', (_what, put) => {
  it('in the place of a record is set aside, unread, and everybody starts anew', async () => {
    const store = await opened();
    await put(record(7), onEnd);
    await expect(store.read()).resolves.toBeUndefined();
    expect(warnings).toEqual([setAside()]);
    await worksAnew(store);
    // What a link leads to stays as it was.
    const target = `${record(7)}-target`;
    if (existsSync(target)) expect(readFileSync(target, 'utf8')).toBe('of somebody else');
  });

  it('above a good record is set aside, and the record below it counts', async () => {
    const store = await opened();
    await store.compareAndSet(undefined, aRecord(1));
    await put(record(2), onEnd);
    await expect(store.read()).resolves.toEqual(aRecord(1));
    await worksAnew(store);
  });

  it('is set aside also where another one has been before', async () => {
    const store = await opened();
    // A file, a folder and a link, which do not take the place of each other.
    for (const [, putBefore] of HOSTILE_PATHS.slice(8, 13)) {
      const before = path.join(folder, 'damaged');
      rmSync(before, { recursive: true, force: true });
      rmSync(`${before}-pipe`, { force: true });
      rmSync(`${before}-target`, { force: true });
      await putBefore(before, onEnd);
      await put(record(7), onEnd);
      await expect(store.read()).resolves.toBeUndefined();
      rmSync(`${record(7)}-pipe`, { force: true });
      rmSync(`${record(7)}-target`, { force: true });
    }
    await worksAnew(store);
  });

  it('is left alone by a reader, who finds nothing', async () => {
    mkdirSync(folder, { mode: 0o700 });
    await put(record(7), onEnd);
    const store = aStore();
    await store.open('read');
    await expect(store.read()).resolves.toBeUndefined();
    expect(lstatSync(record(7))).toBeDefined();
    expect(warnings).toEqual([]);
  });

  it('in the place of a lease is no lease that anybody holds', async () => {
    const store = await opened();
    await put(leaseFile(7), onEnd);
    let lease = await store.acquireLease(20);
    // A file that cannot be read stands still before it counts as given up.
    while (!lease) lease = await store.acquireLease(20);
    await lease.release();
    await worksAnew(store);
  });

  it('below a lease does not stop it', async () => {
    const store = await opened();
    await put(leaseFile(1), onEnd);
    writeFileSync(leaseFile(2), 'free');
    await worksAnew(store);
  });

  it('among what a killed process has left is cleared away or left, and the start goes on', async () => {
    mkdirSync(folder, { mode: 0o700 });
    const left = path.join(folder, 'beside.left');
    await put(left, onEnd);
    if (!lstatSync(left).isSymbolicLink()) utimesSync(left, 1, 1);
    await worksAnew(await opened());
  });

  it('in the place of the folder of an app id refuses the start, or fails; nothing waits', async () => {
    await put(folder, onEnd);
    const store = aStore();
    if (lstatSync(folder).isDirectory()) {
      await store.open();
      return;
    }
    await expect(openTicketStore(store, 'write')).rejects.toMatchObject({ code: 'CONFIGURATION' });
    await expect(store.read()).rejects.toThrow();
    await expect(store.compareAndSet(undefined, aRecord(1))).rejects.toThrow();
    await expect(store.acquireLease(60_000)).rejects.toThrow();
  });

  it('that takes the place of the folder while the process runs fails until it is gone, and no longer', async () => {
    const store = await opened();
    await store.compareAndSet(undefined, aRecord(1));
    rmSync(folder, { recursive: true });
    await put(folder, onEnd);
    if (lstatSync(folder).isDirectory()) {
      await worksAnew(store);
      return;
    }
    await expect(store.read()).rejects.toThrow();
    await expect(store.compareAndSet(undefined, aRecord(1))).rejects.toThrow();
    unlinkSync(folder);
    await worksAnew(store);
  });

  it('in the place of the configured directory refuses the start, unless it leads to one', async () => {
    const where = path.join(directory, 'configured');
    await put(where, onEnd);
    if (existsSync(where) && readdirOf(where)) return;
    await expect(openTicketStore(aStore(where), 'write')).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });
});

function readdirOf(where: string): boolean {
  try {
    return readdirSync(where).length >= 0;
  } catch {
    return false;
  }
}

describe('a record', () => {
  const text = JSON.stringify(aRecord(7));

  it.each<[string, string | Buffer]>([
    ['bytes that are no UTF-8', Buffer.from(text.replace('fingerprint', 'fingerp\u00ffint'), 'latin1')],
    ['half a record', text.slice(0, 100)],
    ['another revision', JSON.stringify(aRecord(8))],
    ['a revision that is a text', text.replace('"revision":7', '"revision":"7"')],
    ['a negative revision', text.replace('"revision":7', '"revision":-7')],
    ['the revision 1e999', text.replace('"revision":7', '"revision":1e999')],
    ['a generation 2^53-1', text.replace('"number":7', `"number":${2 ** 53 - 1}`)],
    ['a negative life', text.replace('7200000', '-1')],
    ['a life of 1e999', text.replace('7200000', '1e999')],
    ['a megabyte', text.replace('{', `{"more":"${'x'.repeat(1_000_000)}",`)],
    ['nothing but brackets', '['.repeat(200_000)],
    ['a byte order mark of UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le')],
  ])('that has %s is set aside, and everybody starts anew', async (_what, content) => {
    const store = await opened();
    writeFileSync(record(7), content);
    await expect(store.read()).resolves.toBeUndefined();
    expect(warnings).toEqual([setAside()]);
    // Not toEqual: Jest compares a megabyte number by number.
    expect(readFileSync(path.join(folder, 'damaged')).equals(Buffer.from(content))).toBe(true);
    await worksAnew(store);
  });

  it.each([2 ** 53 - 1, 2 ** 53 - 2, 2 ** 52, '9999999999999999', '0000000000000000'])(
    'whose number is %s counts for nothing, whatever it holds',
    async (number) => {
      const store = await opened();
      writeFileSync(record(number), JSON.stringify(aRecord(Number(number))));
      await expect(store.read()).resolves.toBeUndefined();
      await worksAnew(store);
    },
  );

  it('with the highest number that counts is followed by the first', async () => {
    const store = await opened();
    const highest = HIGHEST_NUMBER - 1;
    for (const revision of [highest - 1, highest]) writeFileSync(record(revision), JSON.stringify(aRecord(revision)));
    const last = await store.read();
    expect(last).toEqual(aRecord(highest));
    // Refused, as if somebody had been quicker: whoever writes looks again.
    await expect(store.compareAndSet(last, aRecord(highest + 1))).resolves.toBe(false);
    await expect(store.read()).resolves.toBeUndefined();
    await worksAnew(store);
  });

  it('is found among thousands of files, and below many that are none', async () => {
    const store = await opened();
    await store.compareAndSet(undefined, aRecord(1));
    for (let n = 2; n < 1_000; n += 1) writeFileSync(record(n), '');
    for (let n = 0; n < 1_000; n += 1) writeFileSync(path.join(folder, `something.${n}`), '');
    await expect(store.read()).resolves.toEqual(aRecord(1));
    // One line in the log, not thousands.
    expect(warnings).toEqual([setAside()]);
    await worksAnew(store);
  });
});

describe('a lease', () => {
  it.each([2 ** 53 - 1, 2 ** 53 - 2, 2 ** 52, '9999999999999999'])('whose number is %s is none', async (number) => {
    const store = await opened();
    writeFileSync(leaseFile(number), 'held');
    await worksAnew(store);
  });

  it.each(['held', 'free'])('with the highest number that counts (%s) is followed by the first', async (word) => {
    const store = await opened();
    writeFileSync(leaseFile(HIGHEST_NUMBER - 1), word);
    let lease = await store.acquireLease(20);
    while (!lease) lease = await store.acquireLease(20);
    expect(lease.id).toBe('1');
    await lease.release();
    await worksAnew(store);
  });

  it('that another user holds, and nobody may read, ends when it stands still', async () => {
    const store = await opened();
    writeFileSync(leaseFile(5), 'held', { mode: 0 });
    let lease = await store.acquireLease(20);
    while (!lease) lease = await store.acquireLease(20);
    await lease.release();
  });
});

describe('the folder of an app id', () => {
  const refusal = (text: RegExp) =>
    expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringMatching(text) });

  it('that any user may write to refuses the start', async () => {
    await opened();
    chmodSync(folder, 0o777);
    await expect(openTicketStore(aStore(), 'write')).rejects.toEqual(refusal(/may be written by any user.*chmod 700/));
    chmodSync(folder, 0o1777);
    await expect(openTicketStore(aStore(), 'write')).rejects.toEqual(refusal(/may be written by any user/));
    // Who only reads is warned.
    await aStore().open('read');
    expect(warnings).toEqual([expect.stringMatching(/may be written by any user/)]);
  });

  it('that is a link refuses the start, also to a reader', async () => {
    const elsewhere = path.join(directory, 'elsewhere');
    mkdirSync(elsewhere, { mode: 0o700 });
    symlinkSync(elsewhere, folder);
    for (const access of ['write', 'read'] as const) {
      await expect(openTicketStore(aStore(), access)).rejects.toEqual(refusal(/is a symbolic link/));
    }
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it('that another user has made refuses the start', async () => {
    if (!mayDoAll('a folder that belongs to another user')) return;
    await opened();
    chownSync(folder, 12_345, 12_345);
    await expect(openTicketStore(aStore(), 'write')).rejects.toEqual(refusal(/another user \(uid 12345\)/));
    expect(readdirSync(folder)).toEqual([]);
    await aStore().open('read');
    expect(warnings).toEqual([expect.stringMatching(/another user/)]);
  });

  it.each([
    [0o770, /may be written by its group/],
    [0o2770, /fsGroup/],
  ])('with mode %o is used, with a warning', async (mode, text) => {
    await opened();
    chmodSync(folder, mode);
    await worksAnew(await opened());
    expect(warnings).toEqual([expect.stringMatching(text)]);
  });

  it('that it has made itself, or others may enter, deserves no warning', async () => {
    await opened();
    chmodSync(folder, 0o755);
    await opened();
    expect(warnings).toEqual([]);
  });
});

describe('the configured directory', () => {
  it('may be a link, also one of several', async () => {
    const real = path.join(directory, 'real');
    mkdirSync(real, { mode: 0o700 });
    symlinkSync('real', path.join(directory, '..data'));
    symlinkSync('..data', path.join(directory, 'tickets'));
    folder = recordFolder(path.join(directory, 'tickets'), APP_ID);
    await worksAnew(await opened(path.join(directory, 'tickets')));
    expect(readdirSync(real)).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  it('may be a volume of Kubernetes: of root, writable for its group, with the group passed on', async () => {
    if (!mayDoAll('a directory of another group')) return;
    chownSync(directory, 0, 2_000);
    chmodSync(directory, 0o2775);
    await worksAnew(await opened());
    expect(warnings).toEqual([]);
    // So the kubelet leaves all that is in it at the next start.
    execFileSync('chmod', ['-R', 'g+rwX', directory]);
    execFileSync('chgrp', ['-R', '2000', directory]);
    const store = await opened();
    await expect(store.read()).resolves.toMatchObject({ revision: 1 });
    await worksAnew(store);
    expect(warnings).toEqual([expect.stringMatching(/fsGroup/)]);
  });

  it('that any user may write to is used, with a warning', async () => {
    chmodSync(directory, 0o777);
    await worksAnew(await opened());
    expect(warnings).toEqual([expect.stringMatching(/may be written by any user/)]);
    warnings.length = 0;
    // There nobody removes what others have made.
    chmodSync(directory, 0o1777);
    await opened();
    expect(warnings).toEqual([]);
  });

  it('of another user is used, with a warning', async () => {
    if (!mayDoAll('a directory that belongs to another user')) return;
    chownSync(directory, 12_345, 12_345);
    await worksAnew(await opened());
    expect(warnings).toEqual([expect.stringMatching(/another user \(uid 12345\)/)]);
  });

  it('that somebody removes while the process runs is made again', async () => {
    const store = await opened();
    await store.compareAndSet(undefined, aRecord(1));
    rmSync(directory, { recursive: true });
    await expect(store.read()).resolves.toBeUndefined();
    await worksAnew(store);
  });
});
