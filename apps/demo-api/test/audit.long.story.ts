import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { type DemoSettings, KEY, keyEntry, KEYS, serveDemo, type ServedDemo } from './serve-demo.js';

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;
const NUMBER = '6222021234567890128';
const WHY = { 'x-api-key': KEY, 'x-reason': 'payout 17' };

let demo: ServedDemo | undefined;

async function serve(env: DemoSettings['env'] = {}): Promise<ServedDemo> {
  demo = await serveDemo({}, undefined, { env });
  return demo;
}

afterEach(async () => {
  await demo?.close();
  demo = undefined;
});

describe('a whole card number', () => {
  it('comes to a client that says why, and the audit file says who, when, why and which order', async () => {
    const { get, audited, auditFile } = await serve();
    const response = await get(`/bank-cards/${clean}/number`, WHY);
    expect([response.status, await response.json()]).toEqual([200, { orderNo: clean, cardNumber: NUMBER }]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(audited()).toEqual([
      {
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        event: 'reveal',
        tenant: 'shop',
        key: 'till',
        order: expect.stringMatching(/^[0-9a-f]{64}$/),
        reason: 'payout 17',
        outcome: 'released',
      },
    ]);
    expect(statSync(auditFile).mode & 0o777).toBe(0o600);
    const text = readFileSync(auditFile, 'utf8');
    for (const secret of [NUMBER, clean, KEY]) expect(text).not.toContain(secret);
  });

  it('has the same hash for the same order only, under the same key only', async () => {
    const first = await serve();
    for (const orderNo of [clean, clean, warned]) await first.get(`/bank-cards/${orderNo}/number`, WHY);
    const [one, again, other] = first.audited().map(({ order }) => order);
    await first.close();
    const second = await serve({ DEMO_AUDIT_KEY: 'b2'.repeat(32) });
    await second.get(`/bank-cards/${clean}/number`, WHY);
    const [elsewhere] = second.audited().map(({ order }) => order);
    expect(again).toBe(one);
    expect(new Set([one, other, elsewhere]).size).toBe(3);
  });

  it('takes a reason in any language, from the query or percent-encoded from the header', async () => {
    const { get, audited } = await serve();
    await get(`/bank-cards/${clean}/number?reason=${encodeURIComponent('提现复核')}`);
    await get(`/bank-cards/${clean}/number`, { 'x-api-key': KEY, 'x-reason': encodeURIComponent('提现复核') });
    expect(audited().map(({ reason }) => reason)).toEqual(['提现复核', '提现复核']);
  });

  it.each<[string, string, Record<string, string>, RegExp]>([
    ['none', '', {}, /say why/],
    ['an empty one', '?reason=', {}, /1 to 200/],
    ['blanks', '?reason=%20%20', {}, /1 to 200/],
    ['one that is far too long', `?reason=${'canary'.repeat(50)}`, {}, /1 to 200/],
    ['a line break', '?reason=canary%0A%7B%22event%22%3A%22reveal%22%7D', {}, /printable/],
    ['a line break in the header', '', { 'x-reason': 'canary%0D%0Ax-canary: 1' }, /printable/],
    ['NUL', '?reason=canary%00', {}, /printable/],
    ['a separator of lines', '?reason=canary%E2%80%A8canary', {}, /printable/],
    ['a change of direction', '?reason=canary%E2%80%AE', {}, /printable/],
    ['a card number', `?reason=card%20${NUMBER}`, {}, /no card number/],
    ['a card number in groups', '?reason=6222-0212-3456-7890-128', {}, /no card number/],
    ['two in the query', '?reason=canary&reason=other', {}, /one reason/],
    ['two places', '?reason=canary', { 'x-reason': 'canary' }, /one reason/],
    ['bad UTF-8', '', { 'x-reason': '%ff%fe' }, /one reason/],
    ['bytes beyond ASCII', '', { 'x-reason': 'caf\u00e9' }, /one reason/],
    ['half an escape', '', { 'x-reason': 'canary%' }, /one reason/],
  ])('is refused for the reason: %s', async (_what, query, headers, message) => {
    const { get, sandbox, audited, auditFile } = await serve();
    const response = await get(`/bank-cards/${clean}/number${query}`, { 'x-api-key': KEY, ...headers });
    const body = (await response.json()) as { message: string };
    expect([response.status, body.message]).toEqual([400, expect.stringMatching(message)]);
    expect(body.message).not.toContain('canary');
    expect(sandbox.calls.result).toBe(0);
    expect(audited()).toEqual([expect.objectContaining({ event: 'reveal', tenant: 'shop', outcome: 'refused: 400' })]);
    expect(readFileSync(auditFile, 'utf8')).not.toMatch(/canary|62220212|6222-0212/);
  });

  it('is asked for in vain, and the audit file says so: no scope, no such order, a failing vendor, a wrong order number', async () => {
    const { get, sandbox, audited } = await serve({
      DEMO_API_KEYS: [KEYS, keyEntry('shop/desk', 'desk-key', ['cards:read'])].join(),
    });
    expect((await get(`/bank-cards/${clean}/number`, { ...WHY, 'x-api-key': 'desk-key' })).status).toBe(403);
    expect((await get('/bank-cards/code66660020/number', WHY)).status).toBe(404);
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'truncated-json' });
    expect((await get(`/bank-cards/${clean}/number`, WHY)).status).toBe(502);
    expect((await get('/bank-cards/canary-1/number', WHY)).status).toBe(400);
    expect(audited().map(({ key, outcome }) => [key, outcome])).toEqual([
      ['desk', 'refused: scope-missing'],
      ['till', 'failed: ORDER_NOT_FOUND'],
      ['till', 'failed: RESPONSE_MALFORMED'],
      ['till', 'refused: 400'],
    ]);
  });
});

describe('a photo', () => {
  it('needs no reason, and has its line, with the reason when there is one', async () => {
    const { get, audited } = await serve();
    expect((await get(`/bank-cards/${clean}/photos/original`)).status).toBe(200);
    expect((await get(`/bank-cards/${clean}/photos/crop?reason=review`)).status).toBe(200);
    expect((await get(`/bank-cards/${noValidity}/photos/crop`)).status).toBe(404);
    expect((await get(`/bank-cards/${clean}/photos/selfie`)).status).toBe(400);
    expect(audited().map(({ event, photo, reason, outcome }) => [event, photo, reason, outcome])).toEqual([
      ['photo', 'original', undefined, 'released'],
      ['photo', 'crop', 'review', 'released'],
      ['photo', 'crop', undefined, 'refused: 404'],
      ['photo', 'selfie', undefined, 'refused: 400'],
    ]);
  });

  it('is not the card: what is masked has no line', async () => {
    const { get, audited, auditFile } = await serve();
    expect((await get(`/bank-cards/${clean}?photos=true`)).status).toBe(200);
    expect(statSync(auditFile).size).toBe(0);
    expect(audited()).toEqual([]);
  });
});

/** What every open file of this process has. */
async function fileHandles(): Promise<FileHandle> {
  const handle = await open(process.execPath);
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}

/** While the disk has room for so many bytes: a write takes what there is room for, and the next one fails. */
async function withRoomFor<Value>(bytes: number, action: () => Promise<Value>): Promise<Value> {
  const files = await fileHandles();
  let room = bytes;
  const write = files.write;
  const full = jest.spyOn(files, 'write').mockImplementation(async function (
    this: FileHandle,
    data: unknown,
    offset?: unknown,
  ) {
    const rest = (data as Buffer).subarray(Number(offset ?? 0));
    if (room === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const part = rest.subarray(0, room);
    room -= part.length;
    return (await Reflect.apply(write, this, [part, 0, part.length])) as never;
  });
  try {
    return await action();
  } finally {
    full.mockRestore();
  }
}

describe('an audit file that cannot be written', () => {
  it('has nothing released, and says so once; when it can be again, it goes on with whole lines', async () => {
    const { get, audited, auditFile, logged } = await serve();
    const reveal = async () => {
      const response = await get(`/bank-cards/${clean}/number`, WHY);
      return { status: response.status, text: await response.text() };
    };
    expect((await reveal()).status).toBe(200);
    const { size } = statSync(auditFile);
    const during = await withRoomFor(Math.floor(size * 2.5), () => Promise.all(Array.from({ length: 40 }, reveal)));
    const released = during.filter(({ status }) => status === 200);
    const refused = during.filter(({ status }) => status === 503);
    expect(released.length + refused.length).toBe(40);
    expect(refused.length).toBeGreaterThanOrEqual(37);
    for (const { text } of refused) {
      expect(text).toContain('the audit log of this server cannot be written, so nothing was released');
      expect(text).not.toContain(NUMBER);
    }
    expect(logged.filter((line) => line.includes('the audit file cannot be written'))).toEqual([
      expect.stringContaining('ENOSPC'),
    ]);
    const after = await Promise.all(Array.from({ length: 10 }, reveal));
    expect(after.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(logged.filter((line) => line.includes('can be written again'))).toHaveLength(1);
    // Half a line stays as it is, on a line of its own. Every number that was released has a whole line.
    const lines = readFileSync(auditFile, 'utf8').trimEnd().split('\n');
    const whole = lines.filter((line) => line.endsWith('"outcome":"released"}'));
    expect(whole.length).toBeGreaterThanOrEqual(1 + released.length + 10);
    expect(lines.length - whole.length).toBeLessThanOrEqual(1);
    rmSync(auditFile);
    await reveal();
    expect(audited()).toHaveLength(1);
  });

  it('releases nothing when the line was written, but not flushed', async () => {
    const { get, audited } = await serve();
    const reveal = async () => (await get(`/bank-cards/${clean}/number`, WHY)).status;
    expect(await reveal()).toBe(200);
    const broken = jest
      .spyOn(await fileHandles(), 'datasync')
      .mockRejectedValue(Object.assign(new Error('EIO'), { code: 'EIO' }));
    try {
      expect([await reveal(), (await get(`/bank-cards/${clean}/photos/crop`)).status]).toEqual([503, 503]);
      // The kernel may report success for what it has lost, once: each flush that fails is the last one of its file handle.
      expect(new Set(broken.mock.contexts).size).toBe(broken.mock.contexts.length);
    } finally {
      broken.mockRestore();
    }
    expect(await reveal()).toBe(200);
    // A line without a release may be there, a release without a line may not.
    expect(audited().length).toBeGreaterThanOrEqual(2);
  });

  it('is noticed when something else has taken its name', async () => {
    const { get, auditFile } = await serve();
    const reveal = async () => (await get(`/bank-cards/${clean}/number`, WHY)).status;
    expect(await reveal()).toBe(200);
    renameSync(auditFile, `${auditFile}.1`);
    mkdirSync(auditFile);
    expect([await reveal(), (await get(`/bank-cards/${clean}/photos/crop`)).status]).toEqual([503, 503]);
    rmSync(auditFile, { recursive: true });
    symlinkSync(`${auditFile}.1`, auditFile);
    expect(await reveal()).toBe(503);
    rmSync(auditFile);
    spawnSync('sh', ['-c', `umask 022; : > '${auditFile}'`]);
    expect(await reveal()).toBe(503);
    rmSync(auditFile);
    spawnSync('mkfifo', ['-m', '600', auditFile]);
    expect(await reveal()).toBe(503);
    rmSync(auditFile);
    expect(await reveal()).toBe(200);
    // What is masked needs no audit.
    expect((await get(`/bank-cards/${clean}`)).status).toBe(200);
  });
});

describe('the audit file', () => {
  it('goes on in a new file after a rotation, and at its beginning after a truncation', async () => {
    const { get, audited, auditFile } = await serve();
    const reveal = () => get(`/bank-cards/${clean}/number`, WHY);
    await reveal();
    renameSync(auditFile, `${auditFile}.1`);
    await reveal();
    expect([audited().length, readFileSync(`${auditFile}.1`, 'utf8').split('\n').length]).toEqual([1, 2]);
    expect(statSync(auditFile).mode & 0o777).toBe(0o600);
    truncateSync(auditFile);
    await reveal();
    expect(readFileSync(auditFile, 'latin1')).toMatch(/^\{"at"/);
    expect(audited()).toHaveLength(1);
  });

  it('is continued by the next start, on a new line', async () => {
    const { get, auditFile, drain } = await serve();
    await get(`/bank-cards/${clean}/number`, WHY);
    await drain();
    appendFileSync(auditFile, '{"at":"a process was killed he');
    const next = await serveDemo({}, undefined, { env: { DEMO_AUDIT_FILE: auditFile } });
    try {
      await next.get(`/bank-cards/${clean}/number`, WHY);
    } finally {
      await next.close();
    }
    const [first, torn, last, ...rest] = readFileSync(auditFile, 'utf8').split('\n');
    expect([first, last]).toEqual([expect.stringContaining('"released"'), expect.stringContaining('"released"')]);
    expect([torn, rest]).toEqual(['{"at":"a process was killed he', ['']]);
  });

  it('has a line for each of many reads at once', async () => {
    const { get, audited } = await serve();
    const reads = Array.from({ length: 100 }, (_, index) => {
      return get(`/bank-cards/${clean}/number`, { ...WHY, 'x-reason': `read ${index}` });
    });
    const responses = await Promise.all(reads);
    expect(responses.every(({ status }) => status === 200)).toBe(true);
    expect(new Set(audited().map(({ reason }) => reason)).size).toBe(100);
  });
});
