import { AssertionError } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { DirectoryEvidenceStore } from './directory-evidence.store.js';
import { EvidenceStore } from './evidence-store.js';
import { FileKeyStore, KeyStore } from './key-store.js';
import { evidenceStoreContract, keyStoreContract } from './archive-stores.contract.js';

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function emptyFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'contract-'));
  folders.push(folder);
  return folder;
}

describe('the contract of an evidence store: a directory', () => {
  const cases = evidenceStoreContract(async () => {
    const folder = emptyFolder();
    return async () => new DirectoryEvidenceStore(path.join(folder, 'evidence'));
  });
  for (const { name, run } of cases) it(name, run);
});

describe('the contract of a key store: files', () => {
  const wrappingKeys = { first: randomBytes(32).toString('base64') };
  const cases = keyStoreContract(async () => {
    const directory = emptyFolder();
    return async () => new FileKeyStore({ directory, wrappingKeys });
  });
  for (const { name, run } of cases) it(name, run);
});

class MemoryEvidence extends EvidenceStore {
  readonly objects = new Map<string, Buffer>();

  async create(name: string, bytes: Buffer): Promise<boolean> {
    if (this.objects.has(name)) return false;
    this.objects.set(name, bytes);
    return true;
  }

  async read(name: string): Promise<Buffer | undefined> {
    return this.objects.get(name);
  }

  async remove(name: string): Promise<void> {
    this.objects.delete(name);
  }

  async *list(prefix: string): AsyncIterable<string> {
    yield* [...this.objects.keys()].filter((name) => name.startsWith(prefix)).sort();
  }
}

class Overwrites extends MemoryEvidence {
  override async create(name: string, bytes: Buffer): Promise<boolean> {
    this.objects.set(name, bytes);
    return true;
  }
}

class IsNotAtomic extends MemoryEvidence {
  override async create(name: string, bytes: Buffer): Promise<boolean> {
    const isNew = !this.objects.has(name);
    await setImmediate();
    if (isNew) this.objects.set(name, bytes);
    return isNew;
  }
}

class ListsUnsorted extends MemoryEvidence {
  override async *list(prefix: string): AsyncIterable<string> {
    yield* [...this.objects.keys()].filter((name) => name.startsWith(prefix));
  }
}

class ListsLooseNames extends MemoryEvidence {
  override async *list(prefix: string): AsyncIterable<string> {
    yield* super.list(prefix.replace(/\/$/, ''));
  }
}

class RemovesFolders extends MemoryEvidence {
  override async remove(name: string): Promise<void> {
    for (const other of this.objects.keys()) if (path.dirname(other) === path.dirname(name)) this.objects.delete(other);
  }
}

class ForgetsStaged extends MemoryEvidence {
  override async stage(): Promise<void> {
    // As one that waits for flush() and has none.
  }
}

class MemoryKeys extends KeyStore {
  readonly keys = new Map<string, Buffer>();
  readonly destroyed = new Set<string>();

  async create(name: string): Promise<Buffer> {
    if (this.destroyed.has(name)) throw new BankCardOcrError('EVIDENCE_ERASED');
    const key = this.keys.get(name) ?? randomBytes(32);
    this.keys.set(name, key);
    return key;
  }

  async read(name: string): Promise<Buffer | undefined> {
    return this.keys.get(name);
  }

  async destroy(name: string): Promise<void> {
    this.destroyed.add(name);
    this.keys.delete(name);
  }

  async rotate(): Promise<number> {
    return 0;
  }
}

class KeepsDestroyed extends MemoryKeys {
  override async destroy(): Promise<void> {
    // As one that only marks it.
  }
}

class MakesAgain extends MemoryKeys {
  override async destroy(name: string): Promise<void> {
    this.keys.delete(name);
  }
}

class MakesTwo extends MemoryKeys {
  override async create(name: string): Promise<Buffer> {
    const has = this.keys.has(name);
    await setImmediate();
    if (!has) this.keys.delete(name);
    return super.create(name);
  }
}

class ReplacesKeys extends MemoryKeys {
  override async rotate(): Promise<number> {
    for (const name of this.keys.keys()) this.keys.set(name, randomBytes(32));
    return this.keys.size;
  }
}

async function failed(cases: readonly { readonly name: string; run(): Promise<void> }[]): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run } of cases) {
    await run().catch((error: unknown) => {
      expect(error).toBeInstanceOf(AssertionError);
      names.push(name);
    });
  }
  return names;
}

describe('the contracts', () => {
  const ofEvidence = (Store: new () => EvidenceStore) =>
    failed(
      evidenceStoreContract(async () => {
        const store = new Store();
        return async () => store;
      }),
    );
  const ofKeys = (Store: new () => KeyStore) =>
    failed(
      keyStoreContract(async () => {
        const store = new Store();
        return async () => store;
      }),
    );

  it('accept stores that keep them', async () => {
    expect(await ofEvidence(MemoryEvidence)).toEqual([]);
    expect(await ofKeys(MemoryKeys)).toEqual([]);
  });

  it.each<[string, new () => EvidenceStore, string]>([
    ['overwrites', Overwrites, 'writes once: what is there stays as it is'],
    [
      'lets several writers win',
      IsNotAtomic,
      'lets exactly one of several concurrent writers win, and all see its bytes',
    ],
    ['lists in any order', ListsUnsorted, 'lists every name below a prefix once, in the order of their characters'],
    [
      'lists what only begins alike',
      ListsLooseNames,
      'lists every name below a prefix once, in the order of their characters',
    ],
    [
      'forgets what is staged',
      ForgetsStaged,
      'keeps what is staged beside other objects, also where another process removes some',
    ],
    ['removes whole folders', RemovesFolders, 'removes an object, and nothing else; its name is free again'],
  ])('refuse an evidence store that %s', async (_what, Store, name) => {
    expect(await ofEvidence(Store)).toContain(name);
  });

  it.each<[string, new () => KeyStore, string]>([
    ['keeps destroyed keys', KeepsDestroyed, 'destroys a key for good: it is neither read nor made again'],
    ['makes destroyed keys again', MakesAgain, 'destroys a key for good: it is neither read nor made again'],
    ['makes two keys of one name', MakesTwo, 'gives the same key to all that ask for a new one at the same time'],
    ['replaces keys when it wraps them anew', ReplacesKeys, 'keeps every key as it is while it wraps them anew'],
  ])('refuse a key store that %s', async (_what, Store, name) => {
    expect(await ofKeys(Store)).toContain(name);
  });
});
