import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { KycSandbox, type KycSandboxOptions, orderNoForCode, PICTURED_CARD_NUMBER } from 'nestjs-bankcard-ocr/testing';
import { readApiKeys } from '../apps/demo-api/src/auth/read-api-keys.js';
import { sha256Of } from '../apps/demo-api/src/auth/api-keys.js';
import { startOnSandbox } from '../apps/demo-api/src/sandbox/start-on-sandbox.js';
import { pointAtSandbox } from '../apps/demo-api/src/sandbox/sandbox-environment.js';
import { boot } from '../apps/demo-api/src/server/boot.js';
import { listen } from '../apps/demo-api/src/server/listen.js';
import { StartError } from '../apps/demo-api/src/server/start-error.js';

const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;
const KEY = 'canary-key-of-the-shop';
const ANYWHERE = { port: 0, host: '127.0.0.1' };

let sandbox: KycSandbox | undefined;
let app: NestFastifyApplication | undefined;
let url: string;
let logged: string[];

const log = (...line: unknown[]): void => void logged.push(line.join(' '));
const logger: LoggerService = { log, error: log, warn: log, debug: log, verbose: log, fatal: log };

/** The demo as main.ts makes it, the vendor being a sandbox. */
async function serve(options: KycSandboxOptions = {}, prepare?: (vendor: KycSandbox) => void): Promise<KycSandbox> {
  sandbox = await KycSandbox.start(options);
  prepare?.(sandbox);
  pointAtSandbox(process.env, sandbox);
  process.env['BANKCARD_OCR_TIMEOUT_MS'] = '300';
  const { apiKeys } = readApiKeys(`shop:${sha256Of(KEY).toString('hex')}`);
  app = await boot({ access: apiKeys, logger, faults: [] });
  url = await listen(app, ANYWHERE);
  return sandbox;
}

async function get(path: string, headers: Record<string, string> = { 'x-api-key': KEY }): Promise<Response> {
  return fetch(url + path, { headers });
}

async function json(path: string): Promise<unknown> {
  return (await get(path)).json();
}

const environment = { ...process.env };

beforeEach(() => {
  logged = [];
});

afterEach(async () => {
  sandbox?.clearFaults();
  await app?.close();
  await sandbox?.stop();
  [app, sandbox] = [undefined, undefined];
  process.env = { ...environment };
});

describe('a card', () => {
  it('comes masked, with its warnings and whether it has expired', async () => {
    await serve();
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
    await serve();
    const links = {
      original: `/bank-cards/${noValidity}/photos/original`,
      number: `/bank-cards/${noValidity}/photos/number`,
    };
    expect(await json(`/bank-cards/${noValidity}?photos=1`)).toMatchObject({
      photos: { status: 'complete', available: ['original', 'number'], links },
    });
    expect(await json(`/bank-cards/${clean}?photos=false`)).toMatchObject({ photos: { status: 'absent' } });
  });
});

describe('photos', () => {
  it('are the bytes, of their type, three of them for one query', async () => {
    const { calls } = await serve().then(async (vendor) => {
      const [original, crop] = await Promise.all([
        get(`/bank-cards/${clean}/photos/original`),
        get(`/bank-cards/${clean}/photos/crop`),
      ]);
      const number = await get(`/bank-cards/${clean}/photos/number`);
      for (const photo of [original, crop, number]) {
        expect(photo.status).toBe(200);
        expect(Object.fromEntries(photo.headers)).toMatchObject({
          'content-type': 'image/jpeg',
          'content-disposition': 'inline',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        });
        const bytes = Buffer.from(await photo.arrayBuffer());
        expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
        expect(photo.headers.get('content-length')).toBe(String(bytes.length));
      }
      return vendor;
    });
    expect(calls.result).toBe(1);
  });

  it('that never came are 404, and so is everything of another kind 400', async () => {
    await serve();
    const response = await get(`/bank-cards/${noValidity}/photos/crop`);
    expect(response.status).toBe(404);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject({ code: 'PHOTO_NOT_FOUND', reason: 'missing' });
    expect((await get(`/bank-cards/${clean}/photos/selfie`)).status).toBe(400);
  });

  it('that are late say so, and come when they are there', async () => {
    const vendor = await serve({ latePhotos: { delayMs: 60_000, as: 'empty' } });
    const response = await get(`/bank-cards/${clean}/photos/crop`);
    expect(response.status).toBe(404);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toMatchObject({ code: 'PHOTO_NOT_FOUND', reason: 'pending' });
    vendor.configure({ latePhotos: undefined });
    expect((await get(`/bank-cards/${clean}/photos/crop`)).status).toBe(200);
  });

  it('that are no images are for saving, not for showing', async () => {
    const vendor = await serve();
    const page = Buffer.from('<html><script>alert(1)</script></html>').toString('base64');
    vendor.injectFault({
      endpoint: 'getBankCardOcrResult',
      kind: 'answer',
      rewrite: (answer) => ({ ...answer, result: { ...(answer['result'] as object), originBankcardPhoto: page } }),
    });
    const { headers } = await get(`/bank-cards/${clean}/photos/original`);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-disposition')).toBe(`attachment; filename="${clean}-original"`);
  });
});

describe('a request that fails', () => {
  it.each([
    ['2', 400, 'INVALID_ARGUMENT'],
    ['66660020', 404, 'ORDER_NOT_FOUND'],
    ['400601', 413, 'INVALID_ARGUMENT'],
    ['-9012', 422, 'CARD_UNREADABLE'],
    ['400501', 429, 'RATE_LIMITED'],
    ['999999', 502, 'VENDOR_FAULT'],
    ['12345', 502, 'VENDOR_CODE_UNKNOWN'],
  ])('vendor code %s: %d %s', async (vendorCode, statusCode, code) => {
    await serve();
    const response = await get(`/bank-cards/${orderNoForCode(vendorCode)}`);
    expect(response.status).toBe(statusCode);
    expect(response.headers.get('retry-after')).toBe(statusCode === 429 ? '1' : null);
    const body: unknown = await response.json();
    expect(body).toMatchObject({ statusCode, code, vendorCode, message: expect.any(String) });
  });

  it.each(['66660001', '400104'])('vendor code %s is about this server: 500 without details', async (vendorCode) => {
    await serve();
    const response = await get(`/bank-cards/${orderNoForCode(vendorCode)}`);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      statusCode: 500,
      code: vendorCode === '400104' ? 'ACCESS_DENIED' : 'CONFIGURATION',
      message: 'internal server error',
    });
  });

  it.each([
    ['html-502', 502, 'ANSWER_MALFORMED'],
    ['reset', 503, 'UNREACHABLE'],
    ['hang', 504, 'TIMEOUT'],
  ] as const)('the vendor does this: %s, the answer is %d %s', async (kind, status, code) => {
    const vendor = await serve();
    vendor.injectFault({ endpoint: 'getBankCardOcrResult', kind });
    const response = await get(`/bank-cards/${clean}`);
    expect([response.status, await response.json()]).toEqual([status, expect.objectContaining({ code })]);
  });

  it('without credentials it is 503, says when to come back, and not why', async () => {
    await serve({}, (vendor) => vendor.injectFault({ endpoint: 'auth', kind: 'code', code: '66660001' }));
    const response = await get(`/bank-cards/${clean}`);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await response.json()).toEqual({
      statusCode: 503,
      code: 'NO_VALID_TICKET',
      message: 'no valid SIGN ticket could be had',
    });
  });

  it.each(['order-1', 'x'.repeat(33), '%E8%AE%A2%E5%8D%95'])('the order number %s is 400, unasked', async (orderNo) => {
    const vendor = await serve();
    const response = await get(`/bank-cards/${orderNo}`);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain(orderNo);
    expect(vendor.calls.result).toBe(0);
    expect((await get(`/bank-cards/${clean}?photos=perhaps`)).status).toBe(400);
  });

  it('what is far too long or of no route is turned away', async () => {
    await serve();
    expect((await get(`/bank-cards/${'x'.repeat(65)}`)).status).toBe(414);
    expect((await get('/nothing')).status).toBe(404);
    expect((await fetch(`${url}/bank-cards/${clean}`, { method: 'POST', body: 'x' })).status).toBe(404);
  });
});

describe('keys', () => {
  it('are needed, and a missing one is told as a wrong one is', async () => {
    const vendor = await serve();
    const answers = await Promise.all(
      [
        {},
        { 'x-api-key': '' },
        { 'x-api-key': 'wrong' },
        { 'x-api-key': `${KEY}, ${KEY}` },
        { authorization: KEY },
      ].map(async (headers) => {
        const response = await get(`/bank-cards/${clean}`, headers as Record<string, string>);
        return `${response.status} ${await response.text()}`;
      }),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^401 /);
    expect((await get(`/bank-cards/${clean}/photos/crop`, {})).status).toBe(401);
    expect((await get(`/bank-cards/not-valid`, {})).status).toBe(401);
    expect(vendor.calls.result).toBe(0);
    expect((await get(`/bank-cards/${clean}`)).status).toBe(200);
  });

  it('are not needed for health, nor to learn that a route does not exist', async () => {
    await serve();
    expect((await get('/health/live', {})).status).toBe(200);
    expect((await get('/nothing', {})).status).toBe(404);
  });
});

describe('health', () => {
  it('is ready as soon as there are credentials', async () => {
    await serve({}, (vendor) => {
      vendor.injectFault({ endpoint: 'access_token', kind: 'slow', delayMs: 50, realTime: true });
    });
    expect((await get('/health/live')).status).toBe(200);
    const early = await get('/health/ready');
    expect([early.status, await early.json()]).toEqual([503, expect.objectContaining({ status: 'starting' })]);
    for (let look = 0; look < 50 && !(await get('/health/ready')).ok; look += 1) await sleep(10);
    expect(await json('/health/ready')).toEqual({ status: 'ready', credentials: 'fresh' });
  });

  it('stays ready when the vendor fails later', async () => {
    const vendor = await serve();
    expect((await get(`/bank-cards/${clean}`)).status).toBe(200);
    vendor.injectFault({ endpoint: 'all', kind: 'reset' });
    vendor.killCredentials();
    expect((await get(`/bank-cards/${clean}`)).status).toBe(503);
    expect((await get('/health/ready')).status).toBe(200);
  });
});

describe('the start', () => {
  it('tells everything that is wrong in one message, and logs nothing', async () => {
    for (const name of Object.keys(process.env)) if (name.startsWith('BANKCARD_OCR_')) delete process.env[name];
    const keys = readApiKeys(undefined);
    const printed = [jest.spyOn(process.stdout, 'write'), jest.spyOn(process.stderr, 'write')];
    const started = boot({ access: keys.apiKeys, logger: ['error'], faults: ['LOG_LEVEL: is wrong', ...keys.faults] });
    const error: unknown = await started.catch((thrown: unknown) => thrown);
    for (const write of printed) {
      expect(write).not.toHaveBeenCalled();
      write.mockRestore();
    }
    expect(error).toBeInstanceOf(StartError);
    const { message } = error as Error;
    expect(message).toContain('LOG_LEVEL: is wrong');
    expect(message).toContain("printf %s 'my-key' | sha256sum");
    expect(message).toContain('BANKCARD_OCR_APP_ID');
    expect(message).toContain('BANKCARD_OCR_SECRET');
  });

  it('does not start with faults of its own, though the library is content', async () => {
    await serve();
    await expect(boot({ access: 'open', logger, faults: ['PORT: is wrong'] })).rejects.toThrow(
      /^demo-api cannot start:\n {2}- PORT: is wrong$/,
    );
  });

  it('says which port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    process.env['PORT'] = String(port);
    await expect(startOnSandbox(process.env)).rejects.toThrow(`PORT: ${port} is taken on 127.0.0.1`);
    await new Promise((resolve) => taken.close(resolve));
  });
});

describe('the start on the sandbox', () => {
  it('refuses in production', async () => {
    await expect(startOnSandbox({ ...process.env, NODE_ENV: 'production' })).rejects.toThrow(StartError);
  });

  it('never asks the vendor that the environment names, and takes the sandbox with it when it ends', async () => {
    Object.assign(process.env, {
      PORT: '0',
      HOST: '0.0.0.0',
      LOG_LEVEL: 'error',
      BANKCARD_OCR_BASE_URL: 'http://127.0.0.1:1',
      BANKCARD_OCR_APP_ID: 'REALAPP1',
      BANKCARD_OCR_TICKET_STORE: 'rubbish:',
    });
    const started = await startOnSandbox(process.env);
    url = started.url;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const card = await get(`/bank-cards/${clean}`, {});
    expect(await card.json()).toMatchObject({ cardNumber: '622202*********0128' });
    expect(started.sandbox.misuse()).toEqual([]);
    await started.app.close();
    await expect(fetch(started.sandbox.url)).rejects.toThrow('fetch failed');
  });

  it('says in both languages that cards are invented, and gives commands that work', async () => {
    Object.assign(process.env, { PORT: '0', LOG_LEVEL: 'error' });
    const started = await startOnSandbox(process.env);
    expect(started.announcement).toContain('虚构');
    expect(started.announcement).toContain('invented');
    const commands = [...started.announcement.matchAll(/^ {2}curl (?:-o card\.jpg )?(http\S+)$/gm)];
    expect(commands).toHaveLength(4);
    for (const [, address = ''] of commands) expect((await fetch(address)).status).toBe(200);
    await started.app.close();
  });

  it('wants keys when keys are named', async () => {
    Object.assign(process.env, { PORT: '0', LOG_LEVEL: 'error' });
    process.env['DEMO_API_KEYS'] = `shop:${sha256Of(KEY).toString('hex')}`;
    const started = await startOnSandbox(process.env);
    url = started.url;
    expect(started.announcement).toContain(`curl -H "x-api-key: $DEMO_API_KEY" ${url}/bank-cards/${clean}`);
    expect((await get(`/bank-cards/${clean}`, {})).status).toBe(401);
    expect((await get(`/bank-cards/${clean}`)).status).toBe(200);
    await started.app.close();
    process.env['DEMO_API_KEYS'] = 'shop:my-key';
    await expect(startOnSandbox(process.env)).rejects.toThrow('entry 1 is not a name and a SHA-256');
  });
});

describe('the end', () => {
  it('lets requests finish that are under way', async () => {
    const vendor = await serve();
    expect((await get('/health/live')).status).toBe(200);
    vendor.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'slow', delayMs: 80, realTime: true });
    const answer = get(`/bank-cards/${clean}`);
    while (vendor.calls.result === 0) await sleep(5);
    await app?.close();
    expect((await answer).status).toBe(200);
    await expect(get('/health/live')).rejects.toThrow('fetch failed');
  });
});

it('logs nothing secret, at any level', async () => {
  const vendor = await serve();
  const secrets = [KEY, vendor.secret, PICTURED_CARD_NUMBER, clean, 'sign=', 'x-api-key'];
  await get(`/bank-cards/${clean}?photos=true`);
  await get(`/bank-cards/${clean}/photos/number`);
  await get(`/bank-cards/${clean}`, { 'x-api-key': 'wrong-canary' });
  await get(`/bank-cards/${orderNoForCode('-9012')}`);
  vendor.injectFault({ endpoint: 'all', kind: 'html-502' });
  vendor.killCredentials();
  await get(`/bank-cards/${warned}`);
  expect(logged.join('\n')).toContain('shop: BankCardsController.photo');
  for (const secret of [...secrets, 'wrong-canary', warned]) expect(logged.join('\n')).not.toContain(secret);
});
