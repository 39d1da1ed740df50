import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { EvidenceStore } from './evidence-store.js';
import type { KeyStore } from './key-store.js';

/** A case of a contract: `run` rejects when the store breaks it. */
export type ContractCase = { readonly name: string; run(): Promise<void> };

/**
 * What every {@link EvidenceStore} must do, as cases for any test runner. All of them need a second or two.
 * @param openEmpty is called once a case: prepares an empty place, and returns a function that opens stores on it, each as
 *   another process would
 * @example
 * for (const { name, run } of evidenceStoreContract(async () => {
 *   const directory = mkdtempSync(join(tmpdir(), 'evidence-'));
 *   return async () => new DirectoryEvidenceStore(directory);
 * })) it(name, run);
 */
export function evidenceStoreContract(openEmpty: () => Promise<() => Promise<EvidenceStore>>): ContractCase[] {
  return casesOf(EVIDENCE_CASES, openEmpty);
}

/**
 * What every {@link KeyStore} must do, as cases for any test runner.
 * @param openEmpty is called once a case: prepares an empty place, and returns a function that opens stores on it, each as
 *   another process would
 */
export function keyStoreContract(openEmpty: () => Promise<() => Promise<KeyStore>>): ContractCase[] {
  return casesOf(KEY_CASES, openEmpty);
}

function casesOf<Store>(
  cases: Readonly<Record<string, (open: () => Promise<Store>) => Promise<void>>>,
  openEmpty: () => Promise<() => Promise<Store>>,
): ContractCase[] {
  return Object.entries(cases).map(([name, check]) => ({ name, run: async () => check(await openEmpty()) }));
}

const REF = '0a'.repeat(32);

async function all(names: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const name of names) found.push(name);
  return found;
}

const EVIDENCE_CASES: Readonly<Record<string, (open: () => Promise<EvidenceStore>) => Promise<void>>> = {
  'has nothing at first': async (open) => {
    const store = await open();
    assert.equal(await store.read('orders/a.json'), undefined);
    assert.deepEqual(await all(store.list('')), []);
    assert.deepEqual(await all(store.list('orders/')), []);
    await store.remove('orders/a.json');
  },

  'returns what was written, byte for byte, also of nothing and of much': async (open) => {
    const store = await open();
    for (const [name, bytes] of [
      ['log/empty', Buffer.alloc(0)],
      [`orders/0a/${REF}/manifest.json`, Buffer.from('{"a":"证"}')],
      [`orders/0a/${REF}/1767196800000-0011223344556677-1-crop`, randomBytes(3_000_000)],
    ] as const) {
      assert.equal(await store.create(name, bytes), true);
      assert.ok((await (await open()).read(name))?.equals(bytes), `${name} came back as something else`);
    }
  },

  'writes once: what is there stays as it is': async (open) => {
    const store = await open();
    assert.equal(await store.create('a/one', Buffer.from('first')), true);
    for (const again of [store, await open()]) {
      assert.equal(await again.create('a/one', Buffer.from('second')), false);
      assert.equal(await again.create('a/one', Buffer.from('first')), false);
    }
    assert.equal((await store.read('a/one'))?.toString(), 'first');
  },

  'lets exactly one of several concurrent writers win, and all see its bytes': async (open) => {
    const stores = await Promise.all([open(), open(), open(), open()]);
    for (let round = 0; round < 10; round += 1) {
      const name = `race/${round}`;
      const outcomes = await Promise.all(
        stores.map(async (store, index) => store.create(name, Buffer.from(`${round}-${index}`))),
      );
      assert.equal(outcomes.filter(Boolean).length, 1);
      for (const store of stores) {
        assert.equal((await store.read(name))?.toString(), `${round}-${outcomes.indexOf(true)}`);
      }
    }
  },

  'removes an object, and nothing else; its name is free again': async (open) => {
    const store = await open();
    await store.create('a/b/one', Buffer.from('1'));
    await store.create('a/b/two', Buffer.from('2'));
    await store.remove('a/b/one');
    await (await open()).remove('a/b/one');
    assert.equal(await store.read('a/b/one'), undefined);
    assert.equal((await store.read('a/b/two'))?.toString(), '2');
    await store.remove('a/b/two');
    assert.equal(await (await open()).create('a/b/two', Buffer.from('3')), true);
    assert.equal((await store.read('a/b/two'))?.toString(), '3');
  },

  'writes where another process removes what is beside it': async (open) => {
    const [writer, remover] = [await open(), await open()];
    for (let round = 0; round < 30; round += 1) {
      await remover.create('busy/old', Buffer.from('old'));
      const [isNew] = await Promise.all([
        writer.create(`busy/${round}`, Buffer.from(`${round}`)),
        remover.remove('busy/old'),
      ]);
      assert.equal(isNew, true);
      assert.equal((await remover.read(`busy/${round}`))?.toString(), `${round}`);
      await remover.remove(`busy/${round}`);
    }
  },

  'keeps what is staged beside other objects, also where another process removes some': async (open) => {
    const [writer, remover] = [await open(), await open()];
    const bytes = randomBytes(300_000);
    for (let round = 0; round < 30; round += 1) {
      const names = [`staged/${round}-a`, `staged/${round}-b`];
      await remover.create('staged/old', Buffer.from('old'));
      const staged = Promise.all(names.map(async (name) => writer.stage(name, bytes)));
      await Promise.all([staged, remover.remove('staged/old')]);
      await writer.flush(names);
      for (const name of names)
        assert.ok((await remover.read(name))?.equals(bytes), `${name} came back as something else`);
      assert.deepEqual(await all(remover.list('staged/')), names);
      for (const name of names) await remover.remove(name);
    }
  },

  'lists every name below a prefix once, in the order of their characters': async (open) => {
    const store = await open();
    const names = ['a/1', 'a-b/1', 'a.json', 'a/10', 'a/2/x', 'b/1', ...numbered('many/', 120)];
    for (const name of names) await store.create(name, Buffer.from(name));
    const sorted = names.toSorted();
    assert.deepEqual(await all((await open()).list('')), sorted);
    for (const prefix of ['a/', 'a/2/', 'many/', 'c/']) {
      assert.deepEqual(
        await all(store.list(prefix)),
        sorted.filter((name) => name.startsWith(prefix)),
      );
    }
  },

  'goes on listing while objects are added and removed': async (open) => {
    const [reader, writer] = [await open(), await open()];
    const names = numbered('many/', 40);
    for (const name of names) await writer.create(name, Buffer.from('1'));
    const found: string[] = [];
    for await (const name of reader.list('many/')) {
      if (found.length === 0) {
        await writer.create('many/new', Buffer.from('1'));
        await writer.remove(names.at(-1)!);
      }
      found.push(name);
    }
    const stayed = names.slice(0, -1);
    assert.deepEqual(
      found.filter((name) => stayed.includes(name)),
      stayed,
    );
  },
};

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, '0')}`);
}

const KEY_CASES: Readonly<Record<string, (open: () => Promise<KeyStore>) => Promise<void>>> = {
  'has nothing at first, and destroys nothing without harm': async (open) => {
    const keys = await open();
    assert.equal(await keys.read(REF), undefined);
    assert.equal(await keys.rotate(), 0);
  },

  'makes keys of 32 bytes that differ, and has them from then on': async (open) => {
    const keys = await open();
    const key = await keys.create(REF);
    assert.equal(key.length, 32);
    assert.ok(!key.equals(await keys.create('index')));
    for (const again of [keys, await open()]) {
      assert.ok((await again.create(REF)).equals(key));
      assert.ok((await again.read(REF))?.equals(key));
    }
  },

  'gives the same key to all that ask for a new one at the same time': async (open) => {
    const stores = await Promise.all([open(), open(), open(), open()]);
    for (let round = 0; round < 5; round += 1) {
      const name = `${round}`.padStart(64, '0');
      const [first, ...others] = await Promise.all(stores.map(async (keys) => keys.create(name)));
      for (const other of others) assert.ok(other.equals(first!));
    }
  },

  'destroys a key for good: it is neither read nor made again': async (open) => {
    const keys = await open();
    await keys.create(REF);
    const other = await keys.create('index');
    await keys.destroy(REF);
    await keys.destroy(REF);
    for (const again of [keys, await open()]) {
      assert.equal(await again.read(REF), undefined);
      await assert.rejects(again.create(REF), { code: 'EVIDENCE_ERASED' });
    }
    assert.ok((await keys.read('index'))?.equals(other));
  },

  'destroys a key that was never made': async (open) => {
    const keys = await open();
    await keys.destroy(REF);
    await assert.rejects((await open()).create(REF), { code: 'EVIDENCE_ERASED' });
  },

  'leaves no key behind when it is made and destroyed at the same time': async (open) => {
    const [maker, destroyer] = [await open(), await open()];
    for (let round = 0; round < 20; round += 1) {
      const name = `${round}`.padStart(64, '0');
      await Promise.allSettled([maker.create(name), destroyer.destroy(name)]);
      assert.equal(await maker.read(name), undefined);
      await assert.rejects(maker.create(name), { code: 'EVIDENCE_ERASED' });
    }
  },

  'keeps every key as it is while it wraps them anew': async (open) => {
    const keys = await open();
    const key = await keys.create(REF);
    await keys.create('index');
    await keys.destroy('index');
    await keys.rotate();
    assert.ok((await (await open()).read(REF))?.equals(key));
    assert.equal(await (await open()).read('index'), undefined);
  },
};
