import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NODE_FILE_SYSTEM } from '../runtime/file-system.js';
import { DirectoryEvidenceStore } from './directory-evidence.store.js';

let directory: string;
beforeEach(() => void (directory = mkdtempSync(path.join(tmpdir(), 'evidence-'))));
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

describe('objects that are staged in a directory', () => {
  it('are synced themselves at once, and their names when they are flushed', async () => {
    const steps: string[] = [];
    const { open, syncDirectory } = NODE_FILE_SYSTEM;
    jest.spyOn(NODE_FILE_SYSTEM, 'open').mockImplementation(async (file, ...how) => {
      const opened = await open(file, ...how);
      const sync = opened.sync.bind(opened);
      return Object.assign(opened, { sync: async () => void (await sync(), steps.push(path.basename(file))) });
    });
    jest.spyOn(NODE_FILE_SYSTEM, 'syncDirectory').mockImplementation(async (folder) => {
      await syncDirectory(folder);
      steps.push(`${path.relative(directory, folder)}/`);
    });
    const store = new DirectoryEvidenceStore(directory);
    await store.stage('orders/a/one', Buffer.from('1'));
    await store.stage('orders/a/two', Buffer.from('2'));
    // The folders were made on the way.
    expect(steps).toEqual(['orders/', '/', 'one', 'two']);
    await store.flush(['orders/a/one', 'orders/a/two']);
    expect(steps.slice(4)).toEqual(['orders/a/']);
  });

  it('are private, and leave nothing else', async () => {
    const store = new DirectoryEvidenceStore(directory);
    await store.stage('a/one', Buffer.from('1'));
    expect(readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted()).toEqual(['a', 'a/one']);
    expect(statSync(path.join(directory, 'a/one')).mode & 0o777).toBe(0o600);
  });

  it('never take the place of another object', async () => {
    const store = new DirectoryEvidenceStore(directory);
    await store.stage('a/one', Buffer.from('first'));
    await expect(store.stage('a/one', Buffer.from('second'))).rejects.toThrow(/EEXIST/);
    expect((await store.read('a/one'))?.toString()).toBe('first');
  });

  it('leave nothing when the disk is full', async () => {
    const { open } = NODE_FILE_SYSTEM;
    jest.spyOn(NODE_FILE_SYSTEM, 'open').mockImplementation(async (...args) => {
      const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      return Object.assign(await open(...args), { sync: () => Promise.reject(full) });
    });
    const store = new DirectoryEvidenceStore(directory);
    await expect(store.stage('a/one', Buffer.from('1'))).rejects.toThrow('ENOSPC');
    await expect(store.read('a/one')).resolves.toBeUndefined();
    await store.remove('a/one');
    expect(readdirSync(directory)).not.toContain('a');
  });
});
