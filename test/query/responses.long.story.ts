import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Logger } from '@nestjs/common';
import { BankCardOcrError, type QueryOptions } from 'nestjs-bankcard-ocr';
import { type EndpointName, type JsonObject, KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { startApplication, type TestApplication } from '../support/application.js';

const CARD = '6222021234567890128';
const ONCE: QueryOptions = {
  photos: true,
  maxAttempts: 1,
  timeoutMs: 60_000,
  attemptTimeoutMs: 60_000,
  waitForPhotosMs: 0,
};

let sandbox: KycSandbox;
let app: TestApplication;
let lines: string[];
/** What must be seen nowhere. */
let canaries: Set<string>;

async function start(): Promise<void> {
  app = await startApplication(sandbox);
  lines = [];
  const write = (...parts: unknown[]) => void lines.push(inspect(parts, { depth: Infinity, showHidden: true }));
  Logger.overrideLogger({ log: write, error: write, warn: write, debug: write, verbose: write, fatal: write });
}

beforeEach(async () => {
  sandbox = await KycSandbox.start();
  sandbox.addOrder({ orderNo: 'order1', bankCardNo: CARD, warnings: ['-9113'], photos: 'all' });
  canaries = new Set([CARD, sandbox.secret]);
});

afterEach(async () => {
  await app.application.close();
  Logger.overrideLogger(false);
  await sandbox.stop();
});

/** Query once; whatever comes of it, look into every corner of it and of the log for what must not be there. */
async function outcome(options: QueryOptions = ONCE): Promise<string> {
  const result: unknown = await app.ocr.query('order1', options).catch((error: unknown) => error);
  const credentials = app.tickets.peek();
  if (credentials) canaries.add(credentials.accessToken.reveal()).add(credentials.signTicket.reveal());
  const chain: unknown[] = [];
  for (let next: unknown = result; next instanceof Error; next = next.cause) chain.push(next, next.stack, next.message);
  const shown = [result, chain, app.tickets.status()].map((one) => {
    return inspect(one, { depth: Infinity, showHidden: true, maxStringLength: null }) + JSON.stringify(one);
  });
  const text = [...shown, ...lines].join('\n');
  const seen = [...canaries].filter((canary) => text.includes(canary.slice(0, 20)));
  // Signatures and nonces are not known here, but how they look is; 32 digits are the vendor's running number.
  const alike = (text.match(/(?<![\w-])[0-9A-Za-z]{32,}(?![\w-])/g) ?? []).filter((word) => !/^\d{32}$/.test(word));
  expect([seen.length, alike]).toEqual([0, []]);
  expect(text).not.toMatch(/secret=|sign=|nonce=|access_token=/);
  if (result instanceof BankCardOcrError) {
    return result.cause instanceof BankCardOcrError ? `${result.code} < ${result.cause.code}` : result.code;
  }
  expect(result).toMatchObject({ orderNo: 'order1', photos: { status: expect.stringMatching(/complete|pending/) } });
  return 'a result';
}

/** What may stand where the vendor should have written something else; undefined removes the field. */
function oddities(): readonly unknown[] {
  const text = `${[...canaries].join(' ')} `;
  const huge = text.repeat(200_000 / text.length);
  return [undefined, null, 20_260_101, { seconds: [text] }, [{ value: text }, text], true, '', huge];
}

function replace(json: JsonObject, path: readonly string[], value: unknown): JsonObject {
  const [name = '', ...rest] = path;
  if (rest.length === 0) return { ...json, [name]: value };
  const inner = json[name];
  if (Array.isArray(inner)) return { ...json, [name]: [replace(inner[0] as JsonObject, rest, value)] };
  return { ...json, [name]: replace(inner as JsonObject, rest, value) };
}

async function outcomesOf(endpoint: EndpointName, field: string, restart: boolean): Promise<string[]> {
  const outcomes: string[] = [];
  if (!restart) await start();
  for (const oddity of oddities()) {
    const rewrite = (json: JsonObject) => {
      if (typeof json['access_token'] === 'string') canaries.add(json['access_token']);
      return replace(json, field.split('.'), oddity);
    };
    const fault = sandbox.injectFault({ endpoint, kind: 'answer', rewrite });
    if (restart) await start();
    outcomes.push(await outcome());
    expect(fault.hits).toBe(1);
    fault.clear();
    if (restart && outcomes.length < 8) await app.application.close();
  }
  return outcomes;
}

const RESULT = 'a result';
const BAD = 'RESPONSE_MALFORMED';
const NO_TICKET = `NO_VALID_TICKET < ${BAD}`;
const always = (what: string): string[] => Array.from({ length: 8 }, () => what);

describe('a field of a result that is missing, null, a number, an object, an array, true, empty, or 200 kB', () => {
  it.each([
    ...['msg', 'bizSeqNo', 'transactionTime', 'result.bizSeqNo', 'result.transactionTime', 'result.bankCardValidDate'],
    ...['result.warnCode', 'result.multiWarnCode', 'result.operateTime', 'result.clarity', 'result.success'],
    ...['result.originBankcardPhoto', 'result.bankcardCropPhoto', 'result.bankcardNoPhoto', 'result.somethingNew'],
  ])('%s does not cost the card', async (field) => {
    expect(await outcomesOf('getBankCardOcrResult', field, false)).toEqual(always(RESULT));
  });

  it.each<[string, string[]]>([
    ['code', [BAD, BAD, 'VENDOR_CODE_UNKNOWN', BAD, BAD, BAD, BAD, BAD]],
    ['result', always(BAD)],
    ['result.bankCardNo', always(BAD)],
    ['result.orderNo', [RESULT, ...always(BAD).slice(1)]],
  ])('%s is a typed error', async (field, expected) => {
    expect(await outcomesOf('getBankCardOcrResult', field, false)).toEqual(expected);
  });
});

describe('a field of a token or ticket that is spoilt in the same ways', () => {
  it.each<[EndpointName, string]>([
    ...['msg', 'bizSeqNo', 'transactionTime', 'success', 'expire_in', 'expire_time'].map((field) => {
      return ['access_token', field] as [EndpointName, string];
    }),
    ...['msg', 'transactionTime', 'success', 'tickets.expire_in', 'tickets.expire_time'].map((field) => {
      return ['api_ticket', field] as [EndpointName, string];
    }),
  ])('%s: %s does not cost the credentials', async (endpoint, field) => {
    expect(await outcomesOf(endpoint, field, true)).toEqual(always(RESULT));
  });

  const noCode = [NO_TICKET, NO_TICKET, 'NO_VALID_TICKET < VENDOR_CODE_UNKNOWN', ...always(NO_TICKET).slice(3)];
  it.each<[EndpointName, string, string[]]>([
    ['access_token', 'code', noCode],
    ['access_token', 'access_token', always(NO_TICKET)],
    ['api_ticket', 'code', noCode],
    ['api_ticket', 'tickets', always(NO_TICKET)],
    ['api_ticket', 'tickets.value', always(NO_TICKET)],
  ])('%s: %s is a typed error', async (endpoint, field, expected) => {
    expect(await outcomesOf(endpoint, field, true)).toEqual(expected);
  });
});

describe('a body', () => {
  async function wire(): Promise<Buffer> {
    let json: unknown;
    const rewrite = (answer: JsonObject) => (json = answer);
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', times: 1, kind: 'answer', rewrite });
    await app.ocr.query('order1');
    return Buffer.from(JSON.stringify(json));
  }

  it('that is cut off, at whatever byte, is a typed error', async () => {
    await start();
    const whole = await wire();
    expect(whole.length).toBeGreaterThan(400);
    for (let length = 0; length < whole.length; length += 1) {
      sandbox.injectFault({
        endpoint: 'getBankCardOcrResult',
        times: 1,
        kind: 'body',
        body: whole.subarray(0, length),
      });
      expect([length, await outcome()]).toEqual([length, BAD]);
      lines.length = 0;
    }
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', times: 1, kind: 'body', body: whole });
    expect(await outcome()).toBe(RESULT);
  });

  it('is read with a byte order mark, from gzip, at any status; anything else is a typed error', async () => {
    await start();
    const whole = await wire();
    const html = '<html><body>nginx</body></html>';
    const bomb = gzipSync(Buffer.alloc(40_000_000), { level: 9 });
    const gzip = { 'content-encoding': 'gzip' };
    const gbk = Buffer.concat([Buffer.from('{"code":"0","msg":"'), Buffer.from([0xc7, 0xeb]), Buffer.from('"}')]);
    const bodies = [
      { body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), whole]), expected: RESULT },
      { body: gzipSync(whole), headers: gzip, expected: RESULT },
      { body: whole, status: 500, headers: { 'content-type': 'text/html' }, expected: RESULT },
      { body: html, status: 502, expected: 'VENDOR_FAULT' },
      { body: html, status: 200, expected: BAD },
      { body: html, status: 404, expected: BAD },
      { body: '', expected: BAD },
      { body: '', status: 204, expected: BAD },
      { body: `[${whole.toString()}]`, expected: BAD },
      { body: 'null', expected: BAD },
      { body: gbk, expected: BAD },
      { body: whole, headers: gzip, expected: RESULT },
      { body: bomb, headers: gzip, expected: 'RESPONSE_TOO_LARGE' },
    ];
    for (const { expected, ...body } of bodies) {
      sandbox.injectFault({ endpoint: 'getBankCardOcrResult', times: 1, kind: 'body', ...body });
      expect([expected, body.status, await outcome()]).toEqual([expected, body.status, expected]);
    }
  });
});
