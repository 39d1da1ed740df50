import { KycSandbox, type KycSandboxOptions, orderNoForCode, PICTURED_CARD_NUMBER } from 'nestjs-bankcard-ocr/testing';
import { eventually } from '../support/passing-time.js';
import { KEY, serveDemo, type ServedDemo } from '../../apps/demo-api/test/serve-demo.js';

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;

let demo: ServedDemo | undefined;

async function serve(options: KycSandboxOptions = {}, prepare?: (sandbox: KycSandbox) => void): Promise<ServedDemo> {
  demo = await serveDemo(options, prepare);
  return demo;
}

afterEach(async () => {
  jest.restoreAllMocks();
  await demo?.close();
  demo = undefined;
});

describe('a card', () => {
  it('comes masked, with its warnings and whether it has expired', async () => {
    const { get, json } = await serve();
    const response = await get(`/bank-cards/${warned}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject({
      orderNo: warned,
      cardNumber: expect.stringMatching(/^620000\*{9}\d{4}$/),
      validity: { raw: '12/2024', month: 12, year: 2024 },
      expired: true,
      warnings: [
        { code: '-9113', en: 'a photocopy', zh: '银行卡复印件' },
        { code: '66661009', en: 'the card has expired', zh: '银行卡已过期' },
      ],
      photos: { status: 'absent', available: [], links: { crop: `/bank-cards/${warned}/photos/crop` } },
    });
    expect(await json(`/bank-cards/${noValidity}`)).not.toHaveProperty('expired');
  });

  it('has links to the photos it has, when they were asked for', async () => {
    const { json } = await serve();
    const links = {
      original: `/bank-cards/${noValidity}/photos/original`,
      numberStrip: `/bank-cards/${noValidity}/photos/numberStrip`,
    };
    expect(await json(`/bank-cards/${noValidity}?photos=1`)).toMatchObject({ photos: { status: 'complete' } });
    expect(await json(`/bank-cards/${noValidity}?photos=1`)).toHaveProperty('photos.links', links);
    expect(await json(`/bank-cards/${clean}?photos=false`)).toMatchObject({ photos: { status: 'absent' } });
  });
});

describe('photos', () => {
  it('are the bytes, of their type, three of them for one query', async () => {
    const { get, sandbox } = await serve();
    const photo = (kind: string) => get(`/bank-cards/${clean}/photos/${kind}`);
    const photos = [...(await Promise.all([photo('original'), photo('crop')])), await photo('numberStrip')];
    for (const { status, headers } of photos) {
      expect(status).toBe(200);
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-type': 'image/jpeg',
        'content-disposition': 'inline',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
    }
    const bytes = await Promise.all(photos.map((response) => response.arrayBuffer()));
    for (const picture of bytes) expect(Buffer.from(picture).toString('hex', 0, 3)).toBe('ffd8ff');
    expect(new Set(bytes.map(({ byteLength }) => byteLength)).size).toBe(3);
    expect(sandbox.calls.result).toBe(1);
  });

  it('that never came are 404, and other kinds 400', async () => {
    const { get } = await serve();
    const response = await get(`/bank-cards/${noValidity}/photos/crop`);
    expect(response.status).toBe(404);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject({ code: 'PHOTO_NOT_FOUND', reason: 'missing' });
    expect((await get(`/bank-cards/${clean}/photos/selfie`)).status).toBe(400);
  });

  it('that are late say so, and come when they are there', async () => {
    const { get, sandbox } = await serve({ latePhotos: { delayMs: 60_000, as: 'empty' } });
    const response = await get(`/bank-cards/${clean}/photos/crop`);
    expect(response.status).toBe(404);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toMatchObject({ code: 'PHOTO_NOT_FOUND', reason: 'pending' });
    sandbox.configure({ latePhotos: undefined });
    expect((await get(`/bank-cards/${clean}/photos/crop`)).status).toBe(200);
  });

  it('that are no images are for saving, not for showing', async () => {
    const { get, sandbox } = await serve();
    const page = Buffer.from('<html><script>alert(1)</script></html>').toString('base64');
    sandbox.injectFault({
      endpoint: 'getBankCardOcrResult',
      kind: 'answer',
      rewrite: (answer) => ({ ...answer, result: { orderNo: clean, bankCardNo: '42', originBankcardPhoto: page } }),
    });
    const { headers } = await get(`/bank-cards/${clean}/photos/original`);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-disposition')).toBe(`attachment; filename="${clean}-original"`);
  });
});

describe('keys', () => {
  it('are needed, and a missing one is told as a wrong one is', async () => {
    const { get, sandbox } = await serve();
    const wrong: Record<string, string>[] = [
      {},
      { 'x-api-key': '' },
      { 'x-api-key': 'wrong' },
      { 'x-api-key': `${KEY}, ${KEY}` },
      { authorization: KEY },
    ];
    const paths = [`/bank-cards/${clean}`, `/bank-cards/${clean}/photos/crop`, '/bank-cards/not-valid?photos=perhaps'];
    const answers = new Set<string>();
    for (const headers of wrong) {
      for (const path of paths) {
        const response = await get(path, headers);
        answers.add(`${response.status} ${await response.text()}`);
      }
    }
    expect([...answers]).toEqual([expect.stringMatching(/^401 .*x-api-key/)]);
    expect(sandbox.calls.result).toBe(0);
    expect((await get(`/bank-cards/${clean}`)).status).toBe(200);
  });

  it('are not needed for health, nor to learn that a route does not exist', async () => {
    const { get } = await serve();
    expect((await get('/health/live', {})).status).toBe(200);
    expect((await get('/nothing', {})).status).toBe(404);
  });
});

describe('health', () => {
  it('is ready as soon as there are credentials', async () => {
    const { get, json, sandbox } = await serve({}, (vendor) => {
      vendor.injectFault({ endpoint: 'access_token', kind: 'html-502' });
    });
    expect((await get('/health/live')).status).toBe(200);
    const early = await get('/health/ready');
    expect([early.status, await early.json()]).toEqual([503, expect.objectContaining({ status: 'starting' })]);
    sandbox.clearFaults();
    while (!(await get('/health/ready')).ok);
    expect(await json('/health/ready')).toEqual({ status: 'ready', credentials: 'fresh' });
  });

  it('stays ready when the vendor fails later, until the credentials have ended and beyond', async () => {
    const { get, json, sandbox } = await serve();
    expect(await json('/health/ready')).toMatchObject({ credentials: 'fresh' });
    sandbox.injectFault({ endpoint: 'all', kind: 'reset' });
    // Two hours later, by the only clock that credentials are judged by.
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + 2 * 3_600_000);
    expect((await get(`/bank-cards/${clean}`)).status).toBe(503);
    const ready = await get('/health/ready');
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', credentials: 'none' }]);
  });
});

describe('the end', () => {
  it('lets requests finish that are under way, and is not held up by their connections', async () => {
    const { get, sandbox, drain } = await serve();
    expect((await get('/health/live')).status).toBe(200);
    sandbox.configure({ answerDelayMs: 80 });
    const answer = get(`/bank-cards/${clean}`);
    await eventually(() => sandbox.calls.result === 1);
    await drain();
    expect((await answer).status).toBe(200);
    await expect(get('/health/live')).rejects.toThrow('fetch failed');
  });
});

it('logs nothing secret, at any level', async () => {
  const { get, sandbox, logged } = await serve();
  await get(`/bank-cards/${clean}?photos=true`);
  await get(`/bank-cards/${clean}/photos/numberStrip`);
  await get(`/bank-cards/${clean}`, { 'x-api-key': 'canary-key-of-nobody' });
  await get(`/bank-cards/${orderNoForCode('-9012')}`);
  sandbox.injectFault({ endpoint: 'all', kind: 'html-502' });
  sandbox.killCredentials();
  await get(`/bank-cards/${warned}`);
  const lines = logged.join('\n');
  expect(lines).toContain('shop/till: GET /bank-cards/:orderNo/photos/:kind');
  const secrets = [sandbox.secret, sandbox.appId, PICTURED_CARD_NUMBER, clean, warned, 'canary-key', 'sign=', 'nonce='];
  for (const secret of secrets) expect(lines).not.toContain(secret);
});
