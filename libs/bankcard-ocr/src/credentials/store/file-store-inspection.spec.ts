import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HOSTILE_PATHS, mayDoAll } from '../../../../../test/support/hostile-paths.js';
import type { TicketRecord } from '../ticket-record.js';
import { FileTicketStore } from './file-ticket.store.js';
import { recordFolder } from './folder-safety.js';
import type { StoreContent, StoreFinding } from './store-inspection.js';
import type { StoreAccess } from './ticket-store.js';

const APP_ID = 'IDASANDB';
const RECORD: TicketRecord = { format: 1, revision: 1, writeId: 'w1', secretFingerprint: 'f' };

let directory: string;
beforeEach(() => void (directory = mkdtempSync(path.join(tmpdir(), 'inspection-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const inspect = (where = directory, access: StoreAccess = 'write', appId = APP_ID) =>
  new FileTicketStore({ directory: where, appId }).inspect(access);

async function content(where = directory, appId = APP_ID): Promise<StoreContent> {
  return (await inspect(where, 'read', appId)).content;
}

async function findings(where = directory, access: StoreAccess = 'write'): Promise<readonly StoreFinding[]> {
  return (await inspect(where, access)).findings;
}

async function used(): Promise<string> {
  const store = new FileTicketStore({ directory, appId: APP_ID });
  await store.open();
  await store.compareAndSet(undefined, RECORD);
  return recordFolder(directory, APP_ID);
}

describe('the inspection of a file store', () => {
  it('finds the record where the store has put it', async () => {
    await used();
    await expect(content()).resolves.toEqual({ kind: 'record', record: RECORD });
    await expect(findings()).resolves.toMatchObject([{ status: 'ok', facts: { kind: 'file', leased: true } }]);
  });

  it.each(['read', 'write'] as const)(
    'names the directory that it has found usable, for access to %s',
    async (access) => {
      await used();
      await expect(findings(directory, access)).resolves.toMatchObject([{ status: 'ok', about: `file:${directory}` }]);
    },
  );

  it('leaves a damaged record where it is', async () => {
    const folder = await used();
    const file = path.join(
      folder,
      readdirSync(folder).find((name) => name.startsWith('record'))!,
    );
    writeFileSync(file, '{"format":1,');
    await expect(content()).resolves.toEqual({ kind: 'damaged' });
    expect(readFileSync(file, 'utf8')).toBe('{"format":1,');
  });

  it('leaves the record of a newer version alone', async () => {
    const folder = await used();
    writeFileSync(path.join(folder, 'record.0000000000000009'), '{"format":2}');
    await expect(content()).resolves.toEqual({ kind: 'another-version' });
  });

  it('makes no directory', async () => {
    const missing = path.join(directory, 'missing');
    await expect(content(missing)).resolves.toEqual({ kind: 'nothing' });
    await expect(findings(missing)).resolves.toMatchObject([{ status: 'ok', found: { en: 'does not exist yet' } }]);
    await expect(findings(missing, 'read')).resolves.toMatchObject([{ status: 'warn' }]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('fails below something that is no directory', async () => {
    const file = path.join(directory, 'file');
    writeFileSync(file, '');
    await expect(findings(file)).resolves.toMatchObject([{ status: 'fail', facts: { code: 'ENOTDIR' } }]);
    await expect(content(file)).resolves.toEqual({ kind: 'unreadable', code: 'ENOTDIR' });
  });

  it('writes nothing as another user than the one it belongs to, and the start is refused', async () => {
    const folder = await used();
    if (!mayDoAll('a folder that belongs to another user')) return;
    chownSync(folder, 12_345, 12_345);
    const before = readdirSync(folder);
    await expect(findings()).resolves.toMatchObject([{ status: 'fail', facts: { problem: 'another-user' } }]);
    await expect(findings(directory, 'read')).resolves.toMatchObject([
      { status: 'ok' },
      { status: 'warn', facts: { problem: 'another-user' } },
    ]);
    expect(readdirSync(folder)).toEqual(before);
  });

  it('fails where the start is refused, and warns where it warns', async () => {
    const folder = await used();
    chmodSync(folder, 0o777);
    await expect(findings()).resolves.toMatchObject([
      { status: 'fail', facts: { problem: 'anyone-may-write', mode: '0777' } },
    ]);
    chmodSync(folder, 0o2770);
    await expect(findings()).resolves.toMatchObject([
      { status: 'ok' },
      { status: 'warn', facts: { problem: 'group-may-write' } },
    ]);
    chmodSync(folder, 0o700);
    chmodSync(directory, 0o777);
    await expect(findings()).resolves.toMatchObject([
      { status: 'ok' },
      { status: 'warn', about: directory, facts: { problem: 'anyone-may-write' } },
    ]);
    chmodSync(directory, 0o700);
    rmSync(folder, { recursive: true });
    symlinkSync(directory, folder);
    await expect(findings()).resolves.toMatchObject([{ status: 'fail', facts: { problem: 'link' } }]);
  });

  it.each(HOSTILE_PATHS)('waits for nothing and changes nothing where a record should be: %s', async (_what, put) => {
    const folder = await used();
    const ends: (() => void)[] = [];
    await put(path.join(folder, 'record.0000000000000002'), (end) => ends.push(end));
    const before = readdirSync(folder).toSorted();
    const state = lstatSync(path.join(folder, 'record.0000000000000002'));
    await expect(content()).resolves.toEqual({ kind: 'damaged' });
    await expect(findings()).resolves.toMatchObject([{ status: 'ok' }]);
    // Only the lease that was taken, and given back, is another one.
    expect(
      readdirSync(folder)
        .filter((name) => !name.startsWith('lease'))
        .toSorted(),
    ).toEqual(before);
    expect(lstatSync(path.join(folder, 'record.0000000000000002')).ino).toBe(state.ino);
    for (const end of ends) end();
  });

  it('notices a folder that its group may write to', async () => {
    const folder = await used();
    chmodSync(folder, 0o775);
    await expect(findings()).resolves.toMatchObject([{ status: 'ok' }, { status: 'warn', facts: { mode: '0775' } }]);
  });

  it('asks for no lease as a reader', async () => {
    const folder = await used();
    const before = readdirSync(folder);
    await expect(findings(directory, 'read')).resolves.toMatchObject([{ status: 'ok' }]);
    expect(readdirSync(folder)).toEqual(before);
  });

  it('does not count another app id', async () => {
    await used();
    mkdirSync(recordFolder(directory, 'IDAOTHER'));
    await expect(content(directory, 'IDAOTHER')).resolves.toEqual({ kind: 'nothing' });
  });
});
