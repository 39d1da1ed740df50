import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { type INestApplicationContext, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  BankCardOcrAccountsModule,
  BankCardOcrClientFactory,
  BankCardOcrModule,
  type BankCardOcrOptions,
  getBankCardOcrToken,
  OcrResultService,
  SdkLaunchService,
  TicketService,
} from 'nestjs-bankcard-ocr';
import {
  BankCardOcrArchiveModule,
  DirectoryEvidenceStore,
  EvidenceArchive,
  EvidenceReconciler,
  type ExpectedOrder,
  ExpectedOrders,
  FileKeyStore,
} from 'nestjs-bankcard-ocr/archive';
import { openTelemetry, type TelemetrySubscriber } from 'nestjs-bankcard-ocr/telemetry';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { optionsFor } from '../support/application.js';
import { MemoryTelemetry } from '../support/open-telemetry.js';

const QUERY_PATH = '/api/server/getBankCardOcrResult';

let sdk: MemoryTelemetry;
let sandbox: KycSandbox;
const applications: INestApplicationContext[] = [];

beforeEach(async () => {
  sdk = new MemoryTelemetry();
  sandbox = await KycSandbox.start();
});

afterEach(async () => {
  await Promise.all(applications.splice(0).map((application) => application.close()));
  await sandbox.stop();
  await sdk[Symbol.asyncDispose]();
});

async function start(...imports: Parameters<typeof Test.createTestingModule>[0]['imports'] & object) {
  const testing = await Test.createTestingModule({ imports: [...imports] }).compile();
  testing.useLogger(false);
  applications.push(await testing.init());
  return testing;
}

/** An application whose credentials are there already; what that took is forgotten. */
async function begin(change: Partial<BankCardOcrOptions> = {}) {
  const limits = { timeoutMs: 60_000, attemptTimeoutMs: 60_000, connectTimeoutMs: 60_000 };
  const options = optionsFor(sandbox, { ...limits, telemetry: openTelemetry(), ...change });
  const app = await start(BankCardOcrModule.forRoot(options));
  await app.get(TicketService).getCredentials();
  await new Promise(setImmediate);
  const first = sdk.spans.map(({ name }) => name);
  sdk.reset();
  return { app, first };
}

describe('the spans of a query', () => {
  it('are one of the operation in the trace of the caller, and one of each request below it', async () => {
    const { app } = await begin();
    sandbox.addOrder({ orderNo: 'order1' });
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code: '999999', times: 1 });
    const tracer = trace.getTracer('of the application');
    const callerId = await tracer.startActiveSpan('request', async (span) => {
      await app.get(OcrResultService).query('order1');
      span.end();
      return span.spanContext().spanId;
    });
    const [failed, repeated, query] = sdk.spans;
    expect(sdk.spans).toHaveLength(4);
    expect(query).toMatchObject({
      name: 'bankcard_ocr.query',
      kind: SpanKind.INTERNAL,
      attributes: { 'bankcard_ocr.operation': 'query' },
      status: { code: SpanStatusCode.UNSET },
      parentSpanContext: { spanId: callerId },
    });
    const { hostname, port } = new URL(sandbox.url);
    const common = {
      'http.request.method': 'GET',
      'server.address': hostname,
      'server.port': Number(port),
      'url.full': sandbox.url + QUERY_PATH,
      'http.response.status_code': 200,
    };
    expect(failed).toMatchObject({
      name: `GET ${QUERY_PATH}`,
      kind: SpanKind.CLIENT,
      status: { code: SpanStatusCode.ERROR },
      parentSpanContext: { spanId: query?.spanContext().spanId },
    });
    expect(failed?.attributes).toEqual({
      ...common,
      'bankcard_ocr.vendor_code': '999999',
      'error.type': 'VENDOR_FAULT',
    });
    expect(repeated?.attributes).toEqual({
      ...common,
      'bankcard_ocr.vendor_code': '0',
      'http.request.resend_count': 1,
    });
    expect(await sdk.points('bankcard_ocr.exchange.duration')).toEqual([
      { endpoint: 'access_token', outcome: 'OK', value: 1 },
      { endpoint: 'api_ticket', outcome: 'OK', value: 1 },
      { endpoint: 'getBankCardOcrResult', outcome: 'VENDOR_FAULT', value: 1 },
      { endpoint: 'getBankCardOcrResult', outcome: 'OK', value: 1 },
    ]);
  });

  it('name the error of the operation, without Tencent’s words', async () => {
    const { app } = await begin({ maxAttempts: 1 });
    await expect(app.get(OcrResultService).query('unknown1')).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' });
    const query = sdk.spans.at(-1);
    expect(query).toMatchObject({ status: { code: SpanStatusCode.ERROR }, events: [] });
    expect(query?.status.message).toBeUndefined();
    expect(query?.attributes).toMatchObject({
      'error.type': 'ORDER_NOT_FOUND',
      'bankcard_ocr.vendor_code': '66660020',
    });
  });

  it('are there too when the caller is not traced', async () => {
    const { app } = await begin();
    sandbox.addOrder({ orderNo: 'order1' });
    await app.get(OcrResultService).query('order1');
    expect(sdk.spans.map(({ name, parentSpanContext }) => [name, parentSpanContext !== undefined])).toEqual([
      [`GET ${QUERY_PATH}`, true],
      ['bankcard_ocr.query', false],
    ]);
  });
});

describe('the spans of a refresh', () => {
  it('have a trace of their own, and a link to the query that had to wait for it', async () => {
    const { app, first } = await begin();
    expect(first).toEqual(['GET /api/oauth2/access_token', 'GET /api/oauth2/api_ticket', 'bankcard_ocr.refresh']);
    sandbox.addOrder({ orderNo: 'order1' });
    sandbox.killCredentials();
    await app.get(OcrResultService).query('order1');
    const spanNamed = (name: string) => sdk.spans.find((span) => span.name === name);
    const [query, refresh, token] = ['bankcard_ocr.query', 'bankcard_ocr.refresh', 'GET /api/oauth2/access_token'].map(
      spanNamed,
    );
    expect(refresh?.parentSpanContext).toBeUndefined();
    expect(refresh?.links.map(({ context }) => context.spanId)).toEqual([query?.spanContext().spanId]);
    expect(token?.parentSpanContext?.spanId).toBe(refresh?.spanContext().spanId);
    const happened = async (name: string) => (await sdk.points(name)).filter(({ value }) => value > 0);
    expect(await happened('bankcard_ocr.refreshes')).toEqual([
      { reason: 'initial', outcome: 'OK', value: 1 },
      { reason: 'rejected', outcome: 'OK', value: 1 },
    ]);
    expect(await happened('bankcard_ocr.rejections')).toEqual([{ code: '400102', value: 1 }]);
    expect(await sdk.points('bankcard_ocr.ticket.age')).toEqual([{ value: expect.any(Number) }]);
  });
});

describe('cards and photos', () => {
  it('are counted by warning, also those that the policy rejects, and measured by size', async () => {
    const { app } = await begin({ warningPolicy: 'strict' });
    const ocr = app.get(OcrResultService);
    sandbox.addOrder({ orderNo: 'order1', warnings: ['-9111'], photos: 'all' });
    sandbox.addOrder({ orderNo: 'order2', warnings: ['-9113', '-9111'] });
    await ocr.query('order1', { photos: true });
    const dropping = () => new Writable({ write: (_bytes, _encoding, done) => done() });
    await ocr.download('order1', dropping);
    await expect(ocr.query('order2')).rejects.toMatchObject({ code: 'CARD_REJECTED' });
    expect(await sdk.points('bankcard_ocr.warnings')).toEqual([
      { code: '-9111', value: 3 },
      { code: '-9113', value: 1 },
    ]);
    const photos = await sdk.points('bankcard_ocr.photo.size');
    const counted = Object.fromEntries(photos.map(({ kind, value }) => [kind, value]));
    expect(counted).toEqual({ original: 2, crop: 2, numberStrip: 2 });
    expect(await sdk.points('bankcard_ocr.operation.duration')).toEqual([
      { operation: 'refresh', outcome: 'OK', value: 1 },
      { operation: 'query', outcome: 'OK', value: 1 },
      { operation: 'download', outcome: 'OK', value: 1 },
      { operation: 'query', outcome: 'CARD_REJECTED', value: 1 },
    ]);
  });
});

describe('an archive', () => {
  const HOUR_MS = 3_600_000;
  let folder: string;
  let expected: ExpectedOrder[];

  class TheseOrders extends ExpectedOrders {
    async *since(): AsyncIterable<ExpectedOrder> {
      yield* expected;
    }
  }

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'archive-'));
    expected = [];
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  async function beginWithArchive() {
    const options = optionsFor(sandbox, { timeoutMs: 60_000, maxAttempts: 1, telemetry: openTelemetry() });
    const app = await start(
      BankCardOcrModule.forRoot(options),
      BankCardOcrArchiveModule.forRoot({
        store: new DirectoryEvidenceStore(path.join(folder, 'evidence')),
        keys: new FileKeyStore({
          directory: path.join(folder, 'keys'),
          wrappingKeys: { key1: randomBytes(32).toString('base64') },
        }),
        reconcile: { expected: new TheseOrders(), intervalMs: 24 * HOUR_MS },
      }),
    );
    await app.get(TicketService).getCredentials();
    return { archive: app.get(EvidenceArchive), reconciler: app.get(EvidenceReconciler) };
  }

  it('makes a span of each keep around its download, without the order, and counts what it has kept', async () => {
    const { archive } = await beginWithArchive();
    sandbox.addOrder({ orderNo: 'order1', photos: 'all' });
    sdk.reset();
    const { ref } = await archive.keep('order1');
    await archive.keep('order1');
    await expect(archive.keep('order2')).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' });
    const [, download, keep, again, , , failed] = sdk.spans;
    expect(keep).toMatchObject({ name: 'bankcard_ocr.keep', kind: SpanKind.INTERNAL });
    expect(download).toMatchObject({
      name: 'bankcard_ocr.download',
      parentSpanContext: { spanId: keep?.spanContext().spanId },
    });
    expect(again?.name).toBe('bankcard_ocr.keep');
    expect(failed).toMatchObject({
      name: 'bankcard_ocr.keep',
      attributes: { 'bankcard_ocr.operation': 'keep', 'error.type': 'ORDER_NOT_FOUND' },
      status: { code: SpanStatusCode.ERROR },
    });
    expect(await sdk.points('bankcard_ocr.archive.kept')).toEqual([{ value: 1 }]);
    expect(await sdk.points('bankcard_ocr.archive.keep.duration')).toEqual([
      { outcome: 'OK', value: 2 },
      { outcome: 'ORDER_NOT_FOUND', value: 1 },
    ]);
    const exported = await sdk.exported();
    for (const text of ['order1', 'order2', ref]) expect(exported).not.toContain(text);
  });

  it('shows how far it is behind what is expected, and what is lost', async () => {
    const { reconciler } = await beginWithArchive();
    const gauge = async (name: string) => (await sdk.points(`bankcard_ocr.archive.${name}`)).map(({ value }) => value);
    expect([await gauge('waiting'), await gauge('unkept.age')]).toEqual([[0], [0]]);
    expected = [
      { orderNo: 'notYet', recognizedAt: new Date(Date.now() - 2 * HOUR_MS) },
      { orderNo: 'tooLate', recognizedAt: new Date(Date.now() - 80 * HOUR_MS) },
    ];
    const lost = new Promise<void>((resolve) => {
      reconciler.events$.subscribe(({ type }) => type === 'lost' && resolve());
    });
    await reconciler.runOnce();
    await lost;
    // A reading gets what the one before has found.
    while ((await gauge('waiting'))[0] !== 1) await new Promise(setImmediate);
    expect((await gauge('unkept.age'))[0]).toBeGreaterThanOrEqual(7_200);
    const counted = (await sdk.points('bankcard_ocr.archive.lost')).filter(({ value }) => value > 0);
    expect(counted).toEqual([{ code: 'RESULT_GONE', value: 1 }]);
    const rounds = Object.fromEntries(
      (await sdk.points('bankcard_ocr.archive.rounds')).map(({ outcome, value }) => [outcome, value]),
    );
    expect(rounds).toEqual({ OK: expect.any(Number), FAILED: 0 });
    expect(rounds['OK']).toBeGreaterThan(0);
  });
});

describe('several accounts', () => {
  it('are told apart by the name of their registration, with one object for all', async () => {
    const telemetry = openTelemetry();
    const savings = await KycSandbox.start({ appId: 'IDASAVIN' });
    try {
      const app = await start(
        BankCardOcrModule.forRoot({ name: 'loans', ...optionsFor(sandbox, { telemetry }) }),
        BankCardOcrModule.forRootAsync({ name: 'savings', useFactory: () => optionsFor(savings, { telemetry }) }),
      );
      for (const name of ['loans', 'savings']) {
        await app.get(getBankCardOcrToken(SdkLaunchService, name)).create({ userId: 'user1' });
      }
      const points = await sdk.points('bankcard_ocr.operation.duration');
      expect(points.filter(({ operation }) => operation === 'sdk_launch')).toEqual([
        { operation: 'sdk_launch', outcome: 'OK', account: 'loans', value: 1 },
        { operation: 'sdk_launch', outcome: 'OK', account: 'savings', value: 1 },
      ]);
      const ages = await sdk.points('bankcard_ocr.ticket.age');
      expect(ages.map(({ account }) => account)).toEqual(['loans', 'savings']);
      expect(new Set(sdk.spans.map(({ attributes }) => attributes['bankcard_ocr.account']))).toEqual(
        new Set(['loans', 'savings']),
      );
    } finally {
      await savings.stop();
    }
  });

  it.each([
    [undefined, '_OTHER'],
    ['tenants', 'tenants'],
  ])('that are known only at run time share one value (option account: %s)', async (account, shown) => {
    const defaults = { telemetry: openTelemetry({ account }) };
    const resolve = () => optionsFor(sandbox);
    const app = await start(BankCardOcrAccountsModule.forRoot({ resolve, defaults }));
    sandbox.addOrder({ orderNo: 'order1' });
    const client = await app.get(BankCardOcrClientFactory).get('tenant4711');
    await client.results.query('order1');
    expect(new Set(sdk.spans.map(({ attributes }) => attributes['bankcard_ocr.account']))).toEqual(new Set([shown]));
    expect(await sdk.exported()).not.toContain('tenant4711');
  });
});

describe('a subscriber that fails', () => {
  it('is told of in one line of the log, and no call fails', async () => {
    const fail = (): never => {
      throw new Error('full of details');
    };
    const telemetry: TelemetrySubscriber = { operation: fail, attempt: fail, event: fail, account: fail };
    const lines: unknown[] = [];
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(line));
    try {
      const { app } = await begin({ telemetry: [telemetry, openTelemetry()] });
      sandbox.addOrder({ orderNo: 'order1' });
      await expect(app.get(OcrResultService).query('order1')).resolves.toBeDefined();
      expect(sdk.spans.at(-1)?.name).toBe('bankcard_ocr.query');
      expect(lines).toEqual(['a subscriber of the option telemetry has failed (Error); calls go on without it']);
    } finally {
      warn.mockRestore();
    }
  });

  it('that is none is refused at startup', async () => {
    await expect(begin({ telemetry: 'otel' as never })).rejects.toThrow(/telemetry: .*openTelemetry\(\)/);
  });
});
