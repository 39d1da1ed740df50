import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  DirectoryEvidenceStore,
  EvidenceArchive,
  EvidenceStore,
  FileKeyStore,
  type KeyStore,
} from 'nestjs-bankcard-ocr/archive';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { startApplication, type TestApplication } from '../support/application.js';

const { clean, warned } = KycSandbox.EXAMPLE_ORDERS;
const BY = { by: 'compliance', why: 'request 17' };
const HOUR_MS = 3_600_000;

let sandbox: KycSandbox;
let app: TestApplication;
let folder: string;
let clock: ManualClock;
const wrappingKeys = { first: randomBytes(32).toString('base64') };

beforeAll(async () => {
  sandbox = await KycSandbox.start();
  app = await startApplication(sandbox, { timeoutMs: 60_000 });
});

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'archive-'));
  clock = new ManualClock();
});

afterEach(() => rmSync(folder, { recursive: true }));

afterAll(async () => {
  await app.application.close();
  await sandbox.stop();
});

type Operation = 'create' | 'read' | 'remove' | 'list';

/** A store on the disk in which a test does something before or instead of an operation. */
class TroubledStore extends EvidenceStore {
  readonly #store = new DirectoryEvidenceStore(path.join(folder, 'evidence'));

  constructor(
    private readonly trouble: (operation: Operation, name: string, run: () => Promise<unknown>) => Promise<unknown>,
  ) {
    super();
  }

  async create(name: string, bytes: Buffer): Promise<boolean> {
    return (await this.trouble('create', name, async () => this.#store.create(name, bytes))) as boolean;
  }

  async read(name: string): Promise<Buffer | undefined> {
    return (await this.trouble('read', name, async () => this.#store.read(name))) as Buffer | undefined;
  }

  async remove(name: string): Promise<void> {
    await this.trouble('remove', name, async () => this.#store.remove(name));
  }

  async *list(prefix: string): AsyncIterable<string> {
    await this.trouble('list', prefix, async () => undefined);
    yield* this.#store.list(prefix);
  }
}

function fileKeys(): FileKeyStore {
  return new FileKeyStore({ directory: path.join(folder, 'keys'), wrappingKeys });
}

function open(
  store: EvidenceStore = new DirectoryEvidenceStore(path.join(folder, 'evidence')),
  keys: KeyStore = fileKeys(),
  appId = sandbox.appId,
): EvidenceArchive {
  return new EvidenceArchive({
    source: { results: app.ocr, appId, host: 'https://idasc.webank.com' },
    ...{ store, keys, clock },
  });
}

/** Ends the process at its operation number `last`, as far as the stores can tell: nothing is written any more. */
function mortal(last: number): { archive: EvidenceArchive; hasDied: () => boolean } {
  let count = 0;
  const live = async (run: () => Promise<unknown>): Promise<unknown> => {
    count += 1;
    if (count > last) throw new Error('the process has ended');
    return run();
  };
  const keys = fileKeys();
  const mortalKeys = {
    create: async (name: string) => live(async () => keys.create(name)),
    read: async (name: string) => live(async () => keys.read(name)),
    destroy: async (name: string) => live(async () => keys.destroy(name)),
  } as unknown as KeyStore;
  const store = new TroubledStore(async (_operation, _name, run) => live(run));
  return { archive: open(store, mortalKeys), hasDied: () => count > last };
}

function files(part = ''): string[] {
  const root = path.join(folder, 'evidence');
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((name) => name.includes(part))
    .sort();
}

async function everyFinding(): Promise<string[]> {
  const found: string[] = [];
  for await (const { findings } of open().verifyAll()) found.push(...findings.map(({ message }) => message));
  return found;
}

describe('a process that ends', () => {
  it('at any operation of keep() leaves either no order or a whole one, and orphans that are collected', async () => {
    let deaths = 0;
    for (let last = 0; ; last += 1) {
      rmSync(folder, { recursive: true });
      const { archive, hasDied } = mortal(last);
      await archive.keep(clean).catch(() => undefined);
      if (!hasDied()) break;
      deaths += 1;
      const isKept = (await open().find(clean)) !== undefined;
      if (isKept) {
        const { photo } = await open().read(clean);
        expect((await photo('crop'))?.bytes.length).toBeGreaterThan(0);
      }
      expect(await open().keep(clean)).toMatchObject({ isNew: !isKept });
      clock.advance(25 * HOUR_MS);
      await open().collectOrphans();
      expect(files('/orders/')).toHaveLength(4);
      expect(await everyFinding()).toEqual([]);
    }
    expect(deaths).toBeGreaterThan(8);
  });

  it('at any operation of erase() has decided before it destroys, and the next one finishes it', async () => {
    let deaths = 0;
    for (let last = 0; ; last += 1) {
      rmSync(folder, { recursive: true });
      await open().keep(clean);
      const { archive, hasDied } = mortal(last);
      await archive.erase(clean, BY).catch(() => undefined);
      if (!hasDied()) break;
      deaths += 1;
      const kept = await open().find(clean);
      if (kept?.state !== 'erased') await expect((await open().read(clean)).photo('crop')).resolves.toBeDefined();
      expect(await open().erase(clean, BY)).toMatchObject({ state: 'erased', remaining: 0 });
      expect(files('/history/')).toHaveLength(1);
      expect(files('/orders/')).toHaveLength(2);
      expect(await everyFinding()).toEqual([]);
    }
    expect(deaths).toBeGreaterThan(5);
  });

  it('during an erasure whose photos are left has them collected', async () => {
    await open().keep(clean);
    const { remaining } = await open(new TroubledStore(refusing('remove'))).erase(clean, BY);
    expect(remaining).toBe(3);
    clock.advance(25 * HOUR_MS);
    expect(await open().collectOrphans()).toBe(3);
  });
});

/** A store that refuses an operation, as one with an object lock does. */
function refusing(
  refused: Operation,
): (operation: Operation, name: string, run: () => Promise<unknown>) => Promise<unknown> {
  return async (operation, _name, run) => {
    if (operation === refused) throw new Error('access denied');
    return run();
  };
}

describe('a store', () => {
  it('that fails after it has stored the manifest does not cost the photos', async () => {
    const store = new TroubledStore(async (operation, name, run) => {
      const done = await run();
      if (operation === 'create' && name.endsWith('manifest.json')) throw new Error('the answer was lost');
      return done;
    });
    await expect(open(store).keep(clean)).rejects.toThrow('the answer was lost');
    expect(await open().keep(clean)).toMatchObject({ isNew: false });
    expect(await everyFinding()).toEqual([]);
  });

  it('that repeats a write by itself, and then finds its own, has kept the order', async () => {
    const store = new TroubledStore(async (operation, _name, run) => {
      const done = await run();
      return operation === 'create' ? false : done;
    });
    expect(await open(store).keep(clean)).toMatchObject({ isNew: true });
    expect(await everyFinding()).toEqual([]);
  });

  it('that stores a photo only when the download was given up has nothing left of it', async () => {
    const given = new AbortController();
    const store = new TroubledStore(async (operation, name, run) => {
      if (operation === 'create' && name.endsWith('-crop')) {
        given.abort(new Error('given up'));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return run();
    });
    await expect(open(store).keep(clean, { signal: given.signal })).rejects.toThrow('given up');
    expect(files('/orders/')).toEqual([]);
  });

  it('under an object lock keeps ciphertexts after erasure, which are still checked', async () => {
    await open().keep(clean);
    await open(new TroubledStore(refusing('remove'))).erase(clean, BY);
    expect(await everyFinding()).toEqual([]);
    const [photo = ''] = files('-crop');
    const bytes = readFileSync(photo);
    bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
    writeFileSync(photo, bytes);
    expect(await everyFinding()).toEqual([expect.stringContaining('crop: the stored bytes were changed')]);
  });

  it('of another app id, or with other keys, is refused', async () => {
    await open().keep(clean);
    const otherKeys = new FileKeyStore({ directory: path.join(folder, 'other'), wrappingKeys });
    for (const wrong of [open(undefined, otherKeys), open(undefined, undefined, 'TIDA0002')]) {
      await expect(wrong.find(clean)).rejects.toMatchObject({ code: 'CONFIGURATION' });
      await expect(wrong.keep(warned)).rejects.toMatchObject({ code: 'CONFIGURATION' });
    }
  });

  it.each(['../a', '/a', 'a//b', '.a', 'a/../../b', 'a/', ''])('on a disk refuses the name %j', async (name) => {
    const store = new DirectoryEvidenceStore(path.join(folder, 'evidence'));
    await expect(store.create(name, Buffer.alloc(1))).rejects.toThrow(TypeError);
    await expect(store.remove(name)).rejects.toThrow(TypeError);
  });
});

describe('a manifest', () => {
  it('cannot be changed anywhere without being noticed', async () => {
    await open().keep(clean);
    const [file = ''] = files('manifest.json');
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; at += 11) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      writeFileSync(file, bytes);
      expect((await open().verify(clean)).findings).not.toEqual([]);
    }
    expect((await open().collectOrphans()) + files('-crop').length).toBe(1);
  });

  it('that names objects elsewhere has nothing removed there', async () => {
    await open().keep(clean);
    await open().keep(warned);
    const [own = ''] = files('manifest.json');
    const manifest = JSON.parse(readFileSync(own, 'utf8')) as { objects: { name: string }[] };
    const other = files('-crop').find((name) => path.dirname(name) !== path.dirname(own))!;
    for (const name of ['../../keys/index.key', path.relative(path.join(folder, 'evidence'), other)]) {
      manifest.objects[0]!.name = name;
      writeFileSync(own, JSON.stringify(manifest));
      for (const orderNo of [clean, warned])
        await open()
          .erase(orderNo, BY)
          .catch(() => undefined);
    }
    expect(existsSync(path.join(folder, 'keys', 'index.key'))).toBe(true);
    expect((await everyFinding()).length).toBeGreaterThan(0);
  });

  it('with better times or another custody is refused, even where the log has it', async () => {
    const { ref } = await open().keep(clean);
    const [file = ''] = files('manifest.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"retentionClass":"default"', '"retentionClass":"a-week"'));
    for (const name of files('/log/')) unlinkSync(name);
    await open().keep(clean);
    expect((await open().verify(clean)).findings).toMatchObject([{ object: 'manifest', code: 'changed' }]);
    expect(ref).toMatch(/^[0-9a-f]{64}$/);
  });

  it('that is not in the log is found by a check of everything', async () => {
    await open().keep(clean);
    unlinkSync(files('/log/')[0]!);
    expect(await everyFinding()).toEqual([expect.stringContaining('not in the log')]);
  });

  it('is not written by an attempt whose photos may have been collected', async () => {
    const store = new TroubledStore(async (operation, name, run) => {
      if (operation === 'create' && name.endsWith('-crop')) clock.advance(13 * HOUR_MS);
      return run();
    });
    await expect(open(store).keep(clean)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(files('/orders/')).toEqual([]);
  });
});

describe('decisions at the same time', () => {
  it('a hold that comes during an erasure is not overlooked', async () => {
    await open().keep(clean);
    const until = new Date(clock.now() + HOUR_MS);
    let isHeld = false;
    const store = new TroubledStore(async (operation, name, run) => {
      if (operation === 'create' && name.includes('/history/') && !isHeld) {
        isHeld = true;
        await open().hold(clean, { ...BY, until });
      }
      return run();
    });
    await expect(open(store).erase(clean, BY)).rejects.toMatchObject({ code: 'EVIDENCE_HELD' });
    await expect(open().read(clean)).resolves.toMatchObject({ state: 'held' });
  });
});

describe('the log', () => {
  const dayOf = (ms: number) => new Date(ms + 8 * HOUR_MS).toISOString().slice(0, 10);

  it('is sealed without gaps, and a root that was taken away is noticed', async () => {
    const first = dayOf(clock.now());
    await open().keep(clean);
    clock.advance(74 * HOUR_MS);
    await open().sealDay(dayOf(clock.now() - 26 * HOUR_MS));
    expect(files('/roots/')).toHaveLength(3);
    expect(await everyFinding()).toEqual([]);
    unlinkSync(files('/roots/')[1]!);
    expect(await everyFinding()).toEqual([expect.stringContaining('was changed or removed')]);
    await expect(open().sealDay(dayOf(Date.parse(first) - 48 * HOUR_MS))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('takes what is late under the day on which it is added, so that no entry races with the seal', async () => {
    await open().keep(clean);
    const [entry = ''] = files('/log/');
    unlinkSync(entry);
    clock.advance(25 * HOUR_MS);
    await open().keep(clean);
    expect(files('/log/')).toEqual([expect.stringContaining(`/log/${dayOf(clock.now())}/`)]);
    await open().sealDay(dayOf(clock.now() - 24 * HOUR_MS));
    expect(await everyFinding()).toEqual([]);
  });
});

describe('a key store', () => {
  const KEY = 'a'.repeat(64);

  it('never makes a key that was destroyed once more', async () => {
    const keys = fileKeys();
    await keys.create(KEY);
    await keys.destroy(KEY);
    await expect(keys.create(KEY)).rejects.toMatchObject({ code: 'EVIDENCE_ERASED' });
    expect(await keys.read(KEY)).toBeUndefined();
    expect(readdirSync(path.join(folder, 'keys')).filter((name) => name.endsWith('.key'))).toEqual([]);
  });

  it('removes a destroyed key that a rotation which was killed has brought back, and temporary copies', async () => {
    const keys = fileKeys();
    await keys.create(KEY);
    const file = path.join(folder, 'keys', `${KEY}.key`);
    const copy = readFileSync(file);
    writeFileSync(path.join(folder, 'keys', '.tmp', `${KEY}.0.part`), copy);
    await keys.destroy(KEY);
    expect(readdirSync(path.join(folder, 'keys', '.tmp'))).toEqual([]);
    writeFileSync(file, copy);
    expect(await keys.read(KEY)).toBeUndefined();
    await keys.rotate();
    expect(existsSync(file)).toBe(false);
  });

  it('does not bring back keys that are destroyed while all are wrapped anew', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `${100 + index}`.padStart(64, 'b'));
    for (const name of names) await fileKeys().create(name);
    const both = { ...wrappingKeys, second: randomBytes(32).toString('base64') };
    const rotating = new FileKeyStore({ directory: path.join(folder, 'keys'), wrappingKeys: both, current: 'second' });
    await Promise.all([
      rotating.rotate(),
      rotating.rotate(),
      ...names.map(async (name, index) => {
        if (index % 2 === 0) await rotating.destroy(name);
      }),
    ]);
    const left = readdirSync(path.join(folder, 'keys'))
      .filter((name) => name.endsWith('.key'))
      .sort();
    expect(left).toEqual(names.filter((_, index) => index % 2 === 1).map((name) => `${name}.key`));
    for (const [index, name] of names.entries()) {
      if (index % 2 === 1) expect(await rotating.read(name)).toHaveLength(32);
    }
  });
});
