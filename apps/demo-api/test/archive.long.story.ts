import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EvidenceArchive } from 'nestjs-bankcard-ocr/archive';
import { KycSandbox, PICTURED_CARD_NUMBER } from 'nestjs-bankcard-ocr/testing';
import { KEY, keyEntry, KEYS, serveDemo, type ServedDemo } from './serve-demo.js';

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;
const DECISION = { by: 'privacy office', why: 'request 4711' };
const OTHER = { 'x-api-key': 'key-of-another-tenant' };
const KINDS = ['original', 'crop', 'numberStrip'];

let folder: string;
let demo: ServedDemo;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'demo-archive-'));
  demo = await serveDemo({ unknownOrders: 'reject' }, undefined, {
    env: {
      DEMO_API_KEYS: `${KEYS},${keyEntry('bank/desk', OTHER['x-api-key'], ['cards:read'])}`,
      DEMO_ARCHIVE_DIRECTORY: path.join(folder, 'archive'),
      DEMO_ARCHIVE_KEYS_DIRECTORY: path.join(folder, 'keys'),
      DEMO_ARCHIVE_WRAPPING_KEYS: `k2026:${randomBytes(32).toString('base64')}`,
      // A story that looks for the end of something is more than a client.
      DEMO_RATE_LIMIT: '1000000',
    },
  });
});

afterAll(async () => {
  await demo.close();
  rmSync(folder, { recursive: true });
});

afterEach(() => demo.sandbox.clearFaults());

interface Progress {
  readonly kept: number;
  readonly waiting: number;
}

const progress = async () => (await demo.json('/archive')) as Progress;
const stateOf = async (orderNo: string) => (await demo.json(`/bank-cards/${orderNo}/archive`)) as { state: string };
const photoOf = async (orderNo: string, kind: string) => {
  const response = await demo.get(`/bank-cards/${orderNo}/photos/${kind}`);
  return [response.status, Buffer.from(await response.arrayBuffer()).toString('base64')] as const;
};
const untilKept = async (orderNo: string) => until(async () => (await stateOf(orderNo)).state === 'kept');

/** Serve an order of its own, and wait until it is kept. */
async function kept(orderNo: string): Promise<void> {
  demo.sandbox.addOrder({ orderNo, bankCardNo: PICTURED_CARD_NUMBER, warnings: ['-9113'], photos: 'all' });
  expect((await demo.get(`/bank-cards/${orderNo}`)).status).toBe(200);
  await untilKept(orderNo);
}

/** Wait until the demo says so, however long it takes. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('an order that was served', () => {
  it('with its result, a photo, its number, or after a recognition, is kept in the background', async () => {
    expect(await stateOf(clean)).toEqual({ state: 'not-kept' });
    expect(await progress()).toEqual({ enabled: true, kept: 0, waiting: 0, lost: 0, oldestWaitingMs: 0 });
    const photo = await (await demo.get(`/bank-cards/${clean}/photos/original`)).blob();
    expect((await demo.get(`/bank-cards/${warned}`)).status).toBe(200);
    expect((await demo.get(`/bank-cards/${noValidity}/number?reason=payout`)).status).toBe(200);
    const form = new FormData();
    form.append('image', photo, 'card.jpg');
    const { orderNo } = (await (await demo.upload('/bank-cards', form)).json()) as { orderNo: string };
    for (const one of [clean, warned, noValidity, orderNo]) await untilKept(one);
    expect(await stateOf(noValidity)).toEqual({
      state: 'kept',
      ref: expect.stringMatching(/^[0-9a-f]{64}$/),
      keptAt: expect.any(String),
      retentionClass: 'default',
      photos: ['original', 'numberStrip'],
      missing: ['crop'],
    });
    await until(async () => (await progress()).kept === 4);
    // However often it is served, it is asked for once more, with its photos.
    const asked = demo.sandbox.calls.result;
    for (let count = 0; count < 3; count += 1) await (await demo.get(`/bank-cards/${warned}`)).text();
    expect(demo.sandbox.calls.result).toBe(asked + 3);
  });

  it('is not kept when it is unknown or cannot be read', async () => {
    const before = await progress();
    expect((await demo.get('/bank-cards/nobodyKnows')).status).toBe(404);
    expect((await demo.get('/bank-cards/codeM9012')).status).toBe(422);
    expect(await progress()).toEqual(before);
  });

  it('is served though the archive is broken, and kept when it is served again', async () => {
    const [evidence, gone] = [path.join(folder, 'archive/evidence'), path.join(folder, 'gone')];
    demo.sandbox.addOrder({ orderNo: 'withoutDisk', photos: 'all' });
    renameSync(evidence, gone);
    writeFileSync(evidence, 'no directory');
    try {
      expect((await demo.get('/bank-cards/withoutDisk')).status).toBe(200);
      for (const orderNo of ['withoutDisk', clean]) expect((await photoOf(orderNo, 'original'))[0]).toBe(200);
      expect((await demo.get(`/bank-cards/${clean}/archive`)).status).toBe(503);
      // Once, whatever fails first.
      await until(async () => demo.logged.some((line) => line.includes('ENOTDIR')));
    } finally {
      rmSync(evidence);
      renameSync(gone, evidence);
    }
    await until(async () => {
      await (await demo.get('/bank-cards/withoutDisk')).text();
      return (await stateOf('withoutDisk')).state === 'kept';
    });
  });
});

describe('photos of an order that is kept', () => {
  it('are those of Tencent, byte for byte, without asking it, and with the same lines in the audit file', async () => {
    await kept('audited1');
    // As they came when it was not kept yet.
    demo.sandbox.addOrder({
      orderNo: 'audited2',
      bankCardNo: PICTURED_CARD_NUMBER,
      warnings: ['-9113'],
      photos: 'all',
    });
    const from = demo.audited().length;
    const before = [];
    for (const kind of KINDS) before.push(await photoOf('audited2', kind));
    await untilKept('audited2');
    demo.sandbox.injectFault({ endpoint: 'all', kind: 'html-502' });
    const asked = demo.sandbox.calls.result;
    const after = [];
    for (const kind of KINDS) after.push(await photoOf('audited1', kind));
    expect(after.map(([status]) => status)).toEqual([200, 200, 200]);
    expect(after).toEqual(before);
    expect(demo.sandbox.calls.result).toBe(asked);
    const lines = demo.audited().slice(from);
    const facts = lines.map(({ at: _at, order: _order, ...line }) => line);
    expect(facts.slice(3)).toEqual(facts.slice(0, 3));
    expect(facts[5]).toEqual({
      event: 'photo',
      tenant: 'shop',
      key: 'till',
      photo: 'numberStrip',
      outcome: 'released',
    });
    expect(new Set(lines.map(({ order }) => order)).size).toBe(2);
  });

  it('are not sent when the audit file cannot be written', async () => {
    await kept('unaudited');
    const gone = `${demo.auditFile}.gone`;
    renameSync(demo.auditFile, gone);
    writeFileSync(demo.auditFile, '', { mode: 0o600 });
    chmodSync(demo.auditFile, 0o644);
    try {
      const response = await demo.get('/bank-cards/unaudited/photos/original');
      expect([response.status, await response.json()]).toEqual([503, expect.objectContaining({ statusCode: 503 })]);
    } finally {
      renameSync(gone, demo.auditFile);
    }
  });

  it('need their scope, as the counts need theirs, and the order must be of the tenant', async () => {
    const { orderNo } = (await (await demo.post('/sdk-launches', { userId: 'user1' })).json()) as { orderNo: string };
    await kept(orderNo);
    expect((await demo.get(`/bank-cards/${orderNo}/archive`, OTHER)).status).toBe(404);
    expect((await demo.get(`/bank-cards/${clean}/archive`, OTHER)).status).toBe(200);
    expect((await demo.get(`/bank-cards/${clean}/photos/original`, OTHER)).status).toBe(403);
    expect((await demo.get('/archive', OTHER)).status).toBe(403);
    expect((await demo.get('/archive', {})).status).toBe(401);
  });

  it.each([
    ['restricted', 403, 'EVIDENCE_RESTRICTED'],
    ['erased', 410, 'EVIDENCE_ERASED'],
  ] as const)('are refused when it was %s, and not fetched from Tencent either', async (state, status, code) => {
    await kept(state);
    const archive = demo.app.get(EvidenceArchive, { strict: false });
    await (state === 'erased' ? archive.erase(state, DECISION) : archive.restrict(state, DECISION));
    expect(await stateOf(state)).toMatchObject({ state });
    const asked = demo.sandbox.calls.result;
    for (const route of [`/bank-cards/${state}/photos/original`, `/bank-cards/${state}?photos=true`]) {
      const response = await demo.get(route);
      expect([response.status, await response.json()]).toEqual([status, expect.objectContaining({ code })]);
    }
    expect(demo.sandbox.calls.result).toBe(asked);
    expect(demo.audited().at(-1)).toMatchObject({ event: 'photo', outcome: `failed: ${code}` });
  });
});

describe('the result of an order that is kept', () => {
  it('comes from Tencent, with the photos of the archive', async () => {
    await kept('bothPlaces');
    const asked = demo.sandbox.calls.result;
    const card = await demo.json('/bank-cards/bothPlaces?photos=true');
    expect(card).toMatchObject({ photos: { status: 'complete', available: KINDS } });
    expect(demo.sandbox.calls.result).toBe(asked + 1);
  });

  it('comes from the archive when Tencent has deleted it: masked, and whole for a reason only', async () => {
    await kept('deleted');
    const {
      bizSeqNo: _number,
      retentionEndsAt: _end,
      photos: _photos,
      ...facts
    } = (await demo.json('/bank-cards/deleted')) as Record<string, unknown>;
    demo.sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code: '66660020' });
    const card = await demo.json('/bank-cards/deleted?photos=true');
    expect(card).toMatchObject({ ...facts, photos: { status: 'complete', available: KINDS } });
    expect(JSON.stringify(card)).not.toContain(PICTURED_CARD_NUMBER);
    expect((await demo.get('/bank-cards/deleted/number')).status).toBe(400);
    expect(await demo.json('/bank-cards/deleted/number?reason=payout')).toEqual({
      orderNo: 'deleted',
      cardNumber: PICTURED_CARD_NUMBER,
    });
    expect(await demo.json('/bank-cards/neverServed')).toMatchObject({ code: 'ORDER_NOT_FOUND' });
  });
});

describe('what is stored', () => {
  it('has neither order number nor card in clear, for its owner only, and a change of it is found', async () => {
    await kept('canaryOrder');
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const files = names.map((name) => path.join(folder, name)).filter((file) => statSync(file).isFile());
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => (statSync(file).mode & 0o077) !== 0)).toEqual([]);
    const text = files.map((file) => file + readFileSync(file, 'latin1')).join('\n');
    for (const canary of ['canaryOrder', clean, PICTURED_CARD_NUMBER, 'JFIF', KEY]) expect(text).not.toContain(canary);
    expect(await demo.json('/bank-cards/canaryOrder/archive?verify=true')).toMatchObject({ findings: 0 });
    expect((await demo.get('/bank-cards/canaryOrder/archive?verify=perhaps')).status).toBe(400);
    const { ref } = (await stateOf('canaryOrder')) as unknown as { ref: string };
    const photo = files.find((file) => file.includes(ref) && file.endsWith('-crop'))!;
    const bytes = readFileSync(photo);
    bytes[100]! ^= 1;
    writeFileSync(photo, bytes);
    const { findings } = (await demo.json('/bank-cards/canaryOrder/archive?verify=true')) as { findings: number };
    expect(findings).toBeGreaterThan(0);
    // Tencent still has the photo, and the log says what was found.
    expect((await photoOf('canaryOrder', 'crop'))[0]).toBe(200);
    expect(demo.logged.filter((line) => line.includes('the archive cannot be read: EVIDENCE_DAMAGED'))).toHaveLength(1);
  });

  it('is named in the log by references', async () => {
    await until(async () => demo.logged.some((line) => /kept orderRef=[0-9a-f]{16}/.test(line)));
    const lines = demo.logged.join('\n');
    for (const secret of [clean, 'canaryOrder', folder, '622202']) expect(lines).not.toContain(secret);
  });
});

it('without its variables there is none', async () => {
  const without = await serveDemo();
  try {
    expect(await without.json('/archive')).toEqual({ enabled: false });
    await (await without.get(`/bank-cards/${clean}`)).text();
    expect(await without.json(`/bank-cards/${clean}/archive`)).toEqual({ state: 'off' });
    expect(without.sandbox.calls.result).toBe(1);
  } finally {
    await without.close();
  }
});
