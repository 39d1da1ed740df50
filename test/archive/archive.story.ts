import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  DirectoryEvidenceStore,
  EvidenceArchive,
  FileKeyStore,
  type OmittedPart,
  type Verification,
} from 'nestjs-bankcard-ocr/archive';
import { KycSandbox, ManualClock, PICTURED_CARD_NUMBER } from 'nestjs-bankcard-ocr/testing';
import { archivePlace, type EvidencePlace } from './evidence-places.js';
import { startApplication, type TestApplication } from '../support/application.js';

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;
const KINDS = ['original', 'crop', 'numberStrip'] as const;
const BY = { by: 'compliance', why: 'request 17' };

let sandbox: KycSandbox;
let app: TestApplication;
let folder: string;
let place: EvidencePlace;
let clock: ManualClock;
let archive: EvidenceArchive;
const wrappingKeys = { first: randomBytes(32).toString('base64') };

function open(
  keys: Record<string, string> = wrappingKeys,
  current?: string,
  omit?: readonly OmittedPart[],
): EvidenceArchive {
  return new EvidenceArchive({
    source: { results: app.ocr, appId: sandbox.appId, host: 'https://idasc.webank.com' },
    store: place.open(),
    keys: new FileKeyStore({ directory: path.join(folder, 'keys'), wrappingKeys: keys, current }),
    omit,
    clock,
  });
}

beforeEach(async () => {
  sandbox = await KycSandbox.start();
  app = await startApplication(sandbox, { timeoutMs: 60_000 });
  folder = mkdtempSync(path.join(tmpdir(), 'archive-'));
  place = await archivePlace.start();
  clock = new ManualClock();
  archive = open();
});

afterEach(async () => {
  await app.application.close();
  await sandbox.stop();
  rmSync(folder, { recursive: true });
  await place.end();
});

/** The objects of the evidence, or of one kind of them. */
function files(part?: string): string[] {
  return place.names(part);
}

async function all(verifications: AsyncIterable<Verification>): Promise<Verification[]> {
  const found: Verification[] = [];
  for await (const verification of verifications) found.push(verification);
  return found;
}

async function findings(orderNo: string = clean): Promise<readonly string[]> {
  return (await archive.verify(orderNo)).findings.map(({ message }) => message);
}

/** Change something in the middle of an object. */
function flipABit(name: string): void {
  const bytes = Buffer.from(place.get(name));
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  place.set(name, bytes);
}

describe('an order that is kept', () => {
  it('is pulled once, and read back byte for byte', async () => {
    const { photos, ...card } = await app.ocr.query(warned, { photos: true });
    const kept = await archive.keep(warned, { retentionClass: 'loans' });
    expect(kept).toMatchObject({ isNew: true, state: 'kept', retentionClass: 'loans', photos: KINDS, missing: [] });
    expect(await archive.keep(warned)).toMatchObject({ isNew: false, ref: kept.ref });
    expect(sandbox.calls.result).toBe(2);
    const { result, photo, manifest } = await archive.read(warned);
    expect(result.cardNumber.reveal()).toBe(card.cardNumber.reveal());
    expect(result.warnings).toEqual(card.warnings);
    expect({ ...result.validity }).toEqual({ ...card.validity, expired: expect.any(Boolean) });
    for (const kind of KINDS) expect((await photo(kind))?.bytes.equals(photos[kind]!.bytes)).toBe(true);
    expect(manifest.custody).toMatchObject({ host: 'https://idasc.webank.com', libraryVersion: '0.1.0' });
    expect(await findings(warned)).toEqual([]);
    expect(sandbox.violations()).toEqual([]);
  });

  it('leaves nothing readable in store and keys: no card number, order number or photo', async () => {
    const { photos } = await app.ocr.query(clean, { photos: true });
    await archive.keep(clean);
    const keys = readdirSync(path.join(folder, 'keys'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    const stored: [name: string, bytes: Buffer][] = [
      ...files().map((name): [string, Buffer] => [name, place.get(name)]),
      ...keys.map((name): [string, Buffer] => [name, readFileSync(name)]),
    ];
    expect(stored.length).toBeGreaterThan(6);
    for (const [name, bytes] of stored) {
      expect(name).not.toContain(clean);
      for (const secret of [
        PICTURED_CARD_NUMBER,
        // As it stands in a masked number, or as a value: four digits alone occur in what is random.
        `*${PICTURED_CARD_NUMBER.slice(-4)}`,
        `"${PICTURED_CARD_NUMBER.slice(-4)}"`,
        clean,
        photos.crop!.bytes.subarray(0, 12),
      ]) {
        expect(bytes.includes(secret)).toBe(false);
        expect(bytes.includes(Buffer.from(secret).toString('base64').replace(/=+$/, ''))).toBe(false);
      }
    }
  });

  it('is kept once by any number of callers, and the losers leave nothing', async () => {
    const many = await Promise.all(
      Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? archive : open()).keep(clean)),
    );
    expect(many.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(many.map(({ ref }) => ref)).size).toBe(1);
    expect(files('/orders/')).toHaveLength(4);
    expect(files('/log/')).toHaveLength(1);
    expect(await findings()).toEqual([]);
  });

  it('waits for photos that are late, and is kept without those that never come', async () => {
    sandbox.configure({ latePhotos: { delayMs: 3_600_000, as: 'missing' } });
    await expect(archive.keep(clean)).rejects.toMatchObject({ code: 'EVIDENCE_INCOMPLETE', retryable: true });
    expect(files('/orders/')).toEqual([]);
    expect(readdirSync(path.join(folder, 'keys')).filter((name) => name.endsWith('.key'))).toEqual(['index.key']);
    sandbox.configure({ latePhotos: undefined });
    expect(await archive.keep(noValidity)).toMatchObject({ missing: ['crop'] });
    expect(await findings(noValidity)).toEqual([]);
  });

  it('leaves nothing of a response that breaks off, and keeps that of the next attempt', async () => {
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'truncated', times: 1 });
    await archive.keep(clean);
    expect(files('/orders/')).toHaveLength(4);
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code: '-9012' });
    await expect(archive.keep(warned)).rejects.toMatchObject({ code: 'CARD_UNREADABLE' });
    expect(files('/orders/')).toHaveLength(4);
  });
});

describe('the chain of custody', () => {
  it('says how the order came: times of both clocks, their distance, requests; nothing about a person', async () => {
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'truncated', times: 1 });
    const before = Date.now();
    await archive.keep(clean);
    const { custody } = (await archive.read(clean)).manifest;
    expect(custody).toEqual({
      host: 'https://idasc.webank.com',
      keptBy: expect.any(String),
      libraryVersion: expect.any(String),
      requestedAt: expect.any(String),
      receivedAt: expect.any(String),
      operatedAt: expect.any(String),
      attempts: 2,
      sentAt: expect.any(String),
      transactionTime: expect.any(String),
      // Without TLS there is no certificate.
      clockOffsetMs: expect.any(Number),
    });
    for (const time of [custody.sentAt, custody.transactionTime]) {
      expect(Date.parse(time!)).toBeGreaterThan(before - 1_500);
      expect(new Date(time!).toISOString()).toBe(time);
    }
    expect(await findings()).toEqual([]);
  });

  it('of an order that an earlier version has kept is read as it is', async () => {
    const file = path.join(__dirname, 'kept/manifest-without-provenance.json');
    const kept = JSON.parse(readFileSync(file, 'utf8')) as {
      appId: string;
      orderNo: string;
      files: Record<string, string>;
    };
    const directory = path.join(folder, 'old');
    for (const [name, content] of Object.entries(kept.files)) {
      mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
      writeFileSync(path.join(directory, name), content);
    }
    archive = new EvidenceArchive({
      source: { results: app.ocr, appId: kept.appId, host: 'https://idasc.webank.com' },
      store: new DirectoryEvidenceStore(path.join(directory, 'evidence')),
      keys: new FileKeyStore({
        directory: path.join(directory, 'keys'),
        wrappingKeys: { old: Buffer.alloc(32, 'old').toString('base64') },
      }),
    });
    expect(await archive.find(kept.orderNo)).toMatchObject({
      state: 'restricted',
      omitted: [],
      retentionClass: 'loans',
    });
    await archive.unrestrict(kept.orderNo, BY);
    const { result, manifest } = await archive.read(kept.orderNo);
    expect(result.cardNumber.reveal()).toBe(PICTURED_CARD_NUMBER);
    expect(manifest.custody).not.toHaveProperty('attempts');
    // Its photos are not among the files here.
    expect((await archive.verify(kept.orderNo)).findings.map(({ object, code }) => `${object} ${code}`)).toEqual(
      KINDS.map((kind) => `${kind} missing`),
    );
  });
});

describe('an archive that leaves something out', () => {
  it('does not have it anywhere, and says that it was left out, not missing', async () => {
    archive = open(undefined, undefined, ['validity', 'original']);
    const kept = await archive.keep(clean);
    expect(kept).toMatchObject({ photos: ['crop', 'numberStrip'], missing: [], omitted: ['original', 'validity'] });
    expect(files('-original')).toEqual([]);
    const { result, photo, manifest } = await archive.read(clean);
    expect(result.validity.raw).toBe('');
    expect(await photo('original')).toBeUndefined();
    expect(manifest.omitted).toEqual(['original', 'validity']);
    expect(await findings()).toEqual([]);
    // What never came is still missing.
    expect(await archive.keep(noValidity)).toMatchObject({ missing: ['crop'], omitted: ['original', 'validity'] });
    const bag = path.join(folder, 'bag');
    await archive.export(clean, bag);
    expect(JSON.parse(readFileSync(path.join(bag, 'data/result.json'), 'utf8'))).not.toHaveProperty('validity');
  });

  it('cannot leave out what there is not', () => {
    expect(() => open(undefined, undefined, ['cardNumber' as never])).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', issues: [expect.objectContaining({ option: 'omit' })] }),
    );
  });
});

describe('verify', () => {
  it.each(KINDS)('notices a bit that flipped in %s', async (kind) => {
    await archive.keep(clean);
    flipABit(files(`-${kind}`)[0]!);
    expect(await findings()).toEqual(
      expect.arrayContaining([expect.stringContaining(`${kind}: the stored bytes were changed`)]),
    );
    await expect((await archive.read(clean)).photo(kind)).rejects.toMatchObject({ code: 'EVIDENCE_DAMAGED' });
  });

  it('notices photos that were swapped, between kinds and between orders', async () => {
    await archive.keep(clean);
    await archive.keep(warned);
    const [first = '', second = ''] = files('-crop');
    const [a, b] = [place.get(first), place.get(second)];
    place.set(first, b);
    place.set(second, a);
    expect(await findings()).not.toEqual([]);
    expect(await findings(warned)).not.toEqual([]);
  });

  it.each([
    [
      'an object',
      (ref: string) => place.delete(files(ref).find((name) => name.endsWith('-original'))!),
      'original: the encrypted photo is missing',
    ],
    [
      'the key',
      (ref: string) => unlinkSync(path.join(folder, 'keys', `${ref}.key`)),
      'the key of the order is missing',
    ],
    [
      'the entry in the log',
      (ref: string) => place.delete(files('/log/').find((name) => name.includes(ref))!),
      'not in the log',
    ],
  ])('notices that %s is missing', async (_what, remove, finding) => {
    const { ref } = await archive.keep(clean);
    remove(ref);
    expect((await findings())[0]).toContain(finding);
  });

  it('of everything notices a manifest and a decision that are missing', async () => {
    const { ref } = await archive.keep(clean);
    await archive.restrict(clean, BY);
    place.delete(files('/history/')[0]!);
    expect(await all(archive.verifyAll())).toContainEqual(
      expect.objectContaining({ ref, findings: [expect.objectContaining({ object: 'decision 1', code: 'missing' })] }),
    );
    place.delete(files('manifest.json')[0]!);
    expect(await all(archive.verifyAll())).toContainEqual(
      expect.objectContaining({ ref, findings: [expect.objectContaining({ object: 'manifest', code: 'missing' })] }),
    );
  });

  it('notices an older manifest that took the place of the newer one', async () => {
    await archive.keep(clean);
    const [manifest = ''] = files('manifest.json');
    const older = place.get(manifest);
    const other = JSON.parse(older.toString()) as Record<string, unknown>;
    place.set(manifest, JSON.stringify({ ...other, keptAt: '2026-01-02T00:00:00.000Z' }));
    expect(await findings()).toEqual([
      expect.stringContaining('the manifest was changed'),
      expect.stringContaining('not in the log'),
    ]);
    expect((await all(archive.verifyAll()))[0]?.findings).toMatchObject([{ object: 'manifest', code: 'replaced' }]);
  });

  it('notices after the day was sealed that its log was changed', async () => {
    await archive.keep(clean);
    await archive.keep(warned);
    await expect(archive.sealDay('2026-01-01')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    clock.advance(26 * 3_600_000);
    const root = await archive.sealDay('2026-01-01');
    expect(root).toMatchObject({ count: 2, previous: '' });
    expect(await archive.sealDay('2026-01-01')).toEqual(root);
    expect((await all(archive.verifyAll())).flatMap((one) => one.findings)).toEqual([]);
    await archive.keep(noValidity);
    expect(files('/log/2026-01-02/')).toHaveLength(1);
    clock.advance(24 * 3_600_000);
    expect((await archive.sealDay('2026-01-02')).previous).toMatch(/^[0-9a-f]{64}$/);
    place.delete(files('/log/2026-01-01/')[0]!);
    expect((await all(archive.verifyDay('2026-01-01')))[0]).toMatchObject({ ref: '2026-01-01' });
  });
});

describe('decisions', () => {
  it('restrict an order, and lift that again', async () => {
    await archive.keep(clean);
    expect(await archive.restrict(clean, BY)).toMatchObject({ state: 'restricted' });
    await expect(archive.read(clean)).rejects.toMatchObject({ code: 'EVIDENCE_RESTRICTED' });
    expect(await findings()).toEqual([]);
    expect(await archive.unrestrict(clean, BY)).toMatchObject({ state: 'kept' });
    await expect(archive.read(clean)).resolves.toBeDefined();
  });

  it('hold an order: it is read and not erased until the hold ends', async () => {
    await archive.keep(clean);
    const until = new Date(clock.now() + 60_000);
    expect(await archive.hold(clean, { ...BY, until })).toMatchObject({ state: 'held', heldUntil: until });
    await expect(archive.erase(clean, BY)).rejects.toMatchObject({ code: 'EVIDENCE_HELD' });
    await expect(archive.read(clean)).resolves.toBeDefined();
    clock.advance(60_001);
    expect(await archive.erase(clean, BY)).toMatchObject({ state: 'erased' });
  });

  it('erase an order for good, and what is left still verifies', async () => {
    const { ref } = await archive.keep(clean);
    await archive.keep(warned);
    await archive.erase(clean, BY);
    for (const wanted of [() => archive.read(clean), () => archive.restrict(clean, BY)]) {
      await expect(wanted()).rejects.toMatchObject({ code: 'EVIDENCE_ERASED' });
    }
    expect(readdirSync(path.join(folder, 'keys'))).toContain(`${ref}.destroyed`);
    expect(readdirSync(path.join(folder, 'keys'))).not.toContain(`${ref}.key`);
    expect(files(ref).filter((name) => /-(original|crop|numberStrip)$/.test(name))).toEqual([]);
    expect(await findings()).toEqual([]);
    expect((await all(archive.verifyAll())).flatMap((one) => one.findings)).toEqual([]);
    expect(await archive.keep(clean)).toMatchObject({ isNew: false, state: 'erased' });
    expect(sandbox.calls.result).toBe(2);
  });

  it('notice a key that came back after erasure, and finish an erasure that was cut short', async () => {
    const { ref } = await archive.keep(clean);
    const keyFile = path.join(folder, 'keys', `${ref}.key`);
    const key = readFileSync(keyFile);
    await archive.erase(clean, BY);
    writeFileSync(keyFile, key);
    unlinkSync(path.join(folder, 'keys', `${ref}.destroyed`));
    expect(await findings()).toEqual([expect.stringContaining('its key still exists')]);
    await archive.erase(clean, BY);
    expect(await findings()).toEqual([]);
  });

  it('name who decided, and why; several at once are all kept', async () => {
    await archive.keep(clean);
    await expect(archive.restrict(clean, { by: ' ', why: 'x' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await Promise.all([
      archive.restrict(clean, BY),
      archive.unrestrict(clean, BY),
      archive.hold(clean, { ...BY, until: new Date(0) }),
    ]);
    expect(files('/history/')).toHaveLength(3);
    expect(await findings()).toEqual([]);
    flipABit(files('/history/')[0]!);
    expect(await findings()).not.toEqual([]);
  });

  it('are refused for an order that is not kept', async () => {
    for (const wanted of [() => archive.read(clean), () => archive.verify(clean), () => archive.erase(clean, BY)]) {
      await expect(wanted()).rejects.toMatchObject({ code: 'EVIDENCE_NOT_FOUND' });
    }
    expect(await archive.find(clean)).toBeUndefined();
  });
});

describe('keys', () => {
  it('are wrapped anew without touching evidence; the old wrapping key can go then', async () => {
    await archive.keep(clean);
    await archive.keep(warned);
    await archive.erase(warned, BY);
    const before = files().map((file) => place.get(file).toString('base64'));
    const both = { ...wrappingKeys, second: randomBytes(32).toString('base64') };
    const keys = new FileKeyStore({ directory: path.join(folder, 'keys'), wrappingKeys: both, current: 'second' });
    expect(await keys.rotate()).toBe(2);
    expect(await keys.rotate()).toBe(0);
    expect(files().map((file) => place.get(file).toString('base64'))).toEqual(before);
    archive = open({ second: both.second });
    expect((await archive.read(clean)).result.orderNo).toBe(clean);
    await expect(open().read(clean)).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });

  it('that are missing are not made in their place: a backup of them can be restored', async () => {
    await archive.keep(clean);
    const [directory, backup] = [path.join(folder, 'keys'), path.join(folder, 'backup')];
    renameSync(directory, backup);
    const missing = { code: 'CONFIGURATION', message: expect.stringContaining('its keys are missing') };
    await expect(open().read(clean)).rejects.toMatchObject(missing);
    await expect(open().keep(warned)).rejects.toMatchObject(missing);
    expect(existsSync(directory)).toBe(false);
    renameSync(backup, directory);
    expect((await open().read(clean)).result.orderNo).toBe(clean);
  });

  it.each([
    [{}, undefined],
    [{ one: 'short' }, undefined],
    [{ one: randomBytes(32).toString('base64'), two: randomBytes(32).toString('base64') }, undefined],
    [{ one: randomBytes(32).toString('base64') }, 'two'],
  ])('%# that cannot be used are refused at once, without a word of them', (keys, current) => {
    const make = () => new FileKeyStore({ directory: folder, wrappingKeys: keys, current });
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }));
    for (const key of Object.values(keys)) expect(make).not.toThrow(key);
  });
});

describe('an exported bag', () => {
  it('is checked by sha256sum', async () => {
    await archive.keep(clean);
    const bag = path.join(folder, 'bag');
    await archive.export(clean, bag);
    const check = (list: string) =>
      execFileSync('sha256sum', ['--check', '--strict', list], { cwd: bag, encoding: 'utf8' });
    expect(check('manifest-sha256.txt').trim().split('\n')).toHaveLength(5);
    expect(check('tagmanifest-sha256.txt')).toContain('manifest-sha256.txt: OK');
    expect(JSON.parse(readFileSync(path.join(bag, 'data/result.json'), 'utf8'))).toMatchObject({
      cardNumber: PICTURED_CARD_NUMBER,
    });
    await expect(archive.export(clean, bag)).rejects.toMatchObject({ code: 'EEXIST' });
  });
});

describe('the whole archive', () => {
  it('lists what it keeps', async () => {
    for (const orderNo of [clean, warned, noValidity]) await archive.keep(orderNo);
    await archive.erase(warned, BY);
    const states: string[] = [];
    for await (const { state } of archive.list()) states.push(state);
    expect(states.sort()).toEqual(['erased', 'kept', 'kept']);
  });

  it('collects what killed attempts have left, a day later, and nothing else', async () => {
    await archive.keep(clean);
    const [photo = ''] = files('-crop');
    const store = place.open();
    const ref = path.basename(path.dirname(photo));
    const orphan = `orders/${ref.slice(0, 2)}/${ref}/${clock.now()}-0011223344556677-1-crop`;
    await store.create(orphan, Buffer.from('orphan'));
    expect(await archive.collectOrphans()).toBe(0);
    clock.advance(25 * 3_600_000);
    expect(await archive.collectOrphans()).toBe(1);
    expect(await findings()).toEqual([]);
  });
});
