import { randomBytes } from 'node:crypto';
import type { EvidenceStore } from 'nestjs-bankcard-ocr/archive';

async function namesOf(store: EvidenceStore, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const name of store.list(prefix)) names.push(name);
  return names;
}

/**
 * What every {@link EvidenceStore} must do.
 *
 * @param openEmpty called once a case: prepares an empty place, and returns what opens stores on it
 */
export function describeEvidenceStore(openEmpty: () => Promise<() => EvidenceStore>): void {
  let open: () => EvidenceStore;
  let store: EvidenceStore;

  beforeEach(async () => {
    open = await openEmpty();
    store = open();
  });

  it('returns byte for byte what was created, to every store of the place', async () => {
    for (const size of [0, 1, 65_536, 1_200_000]) {
      const bytes = randomBytes(size);
      expect(await store.create(`sizes/${size}`, bytes)).toBe(true);
      expect((await open().read(`sizes/${size}`))?.equals(bytes)).toBe(true);
    }
  });

  it('keeps the first of two objects of one name, also when both are equal', async () => {
    expect(await store.create('a/b', Buffer.from('first'))).toBe(true);
    expect(await open().create('a/b', Buffer.from('second'))).toBe(false);
    expect(await store.create('a/b', Buffer.from('first'))).toBe(false);
    expect(String(await store.read('a/b'))).toBe('first');
  });

  it('lets exactly one of many creators win, and keeps what that one wrote', async () => {
    const contents = Array.from({ length: 8 }, () => randomBytes(20_000));
    const won = await Promise.all(contents.map(async (bytes) => open().create('race/manifest.json', bytes)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await store.read('race/manifest.json'))?.equals(contents[won.indexOf(true)]!)).toBe(true);
  });

  it('has nothing under a name that was not created, or was removed', async () => {
    expect(await store.read('a/none')).toBeUndefined();
    await store.remove('a/none');
    await store.create('a/b', Buffer.from('x'));
    await store.remove('a/b');
    await store.remove('a/b');
    expect(await store.read('a/b')).toBeUndefined();
    expect(await namesOf(store, '')).toEqual([]);
    expect(await store.create('a/b', Buffer.from('y'))).toBe(true);
  });

  it('lists what begins with a prefix, in the order of characters', async () => {
    const names = ['a/b/2', 'a/b-1', 'a/b/10', 'a/c.json', 'a.json', 'ab/1', 'B/1'];
    for (const name of names) await store.create(name, Buffer.from(name));
    expect(await namesOf(store, '')).toEqual(['B/1', 'a.json', 'a/b-1', 'a/b/10', 'a/b/2', 'a/c.json', 'ab/1']);
    expect(await namesOf(store, 'a/')).toEqual(['a/b-1', 'a/b/10', 'a/b/2', 'a/c.json']);
    expect(await namesOf(store, 'a/b/')).toEqual(['a/b/10', 'a/b/2']);
    expect(await namesOf(store, 'none/')).toEqual([]);
  });

  it('can be changed while it is listed', async () => {
    const names = Array.from({ length: 25 }, (_, index) => `many/${String(index).padStart(2, '0')}`);
    for (const name of names) await store.create(name, Buffer.alloc(1));
    const seen: string[] = [];
    for await (const name of store.list('many/')) {
      seen.push(name);
      await store.remove(name);
    }
    expect(seen).toEqual(names);
    expect(await namesOf(store, '')).toEqual([]);
  });
}
