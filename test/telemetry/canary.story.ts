import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  BankCardOcrModule,
  OcrResultService,
  RecognitionService,
  SdkLaunchService,
  SignedRequestService,
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
import { openTelemetry } from 'nestjs-bankcard-ocr/telemetry';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { MemoryTelemetry } from '../support/open-telemetry.js';
import { CUT_ORDER, ECHO_ORDER, leaksIn, RecordingProxy } from '../support/recording-proxy.js';

const USER = 'canaryUser0001';
const PERSON = 'canaryPerson0001';
const CARD = '6222021234567890128';
const JPEG = Buffer.concat([Buffer.from('ffd8ffe000104a46494600', 'hex'), Buffer.alloc(3_000, 'canary picture ')]);
const ORDERS = ['canaryGood', `${ECHO_ORDER}canary`, `${CUT_ORDER}canary`, 'canaryUnknown', 'canaryStrict'];

/** Recognized when Tencent's retention was almost over: what cannot be kept is lost. */
class TheseOrders extends ExpectedOrders {
  async *since(): AsyncIterable<ExpectedOrder> {
    for (const orderNo of ORDERS) yield { orderNo, recognizedAt: new Date(0), retentionClass: `of ${PERSON}` };
  }
}

it('no span, no metric and no line of the log shows what is secret or says whose card it is, however a call ends', async () => {
  await using sdk = new MemoryTelemetry();
  await using sandbox = await KycSandbox.start({ hostProfile: 'kyc1.qcloud.com' });
  const proxy = await RecordingProxy.start(sandbox.url);
  const lines: string[] = [];
  const log = (...line: unknown[]): void => void lines.push(inspect(line, { depth: 8 }), JSON.stringify(line));
  const logger: LoggerService = { log, error: log, warn: log, debug: log, verbose: log, fatal: log };
  const limits = { timeoutMs: 60_000, attemptTimeoutMs: 60_000, maxAttempts: 1, waitForPhotosMs: 0 };
  const { appId, secret } = sandbox;
  const folder = mkdtempSync(path.join(tmpdir(), 'canary-archive-'));
  const wrappingKey = randomBytes(32).toString('base64');
  const app = await Test.createTestingModule({
    imports: [
      BankCardOcrModule.forRoot({
        ...{ appId, secret, baseUrl: proxy.url, ticketStore: 'memory:', telemetry: openTelemetry(), ...limits },
      }),
      BankCardOcrArchiveModule.forRoot({
        store: new DirectoryEvidenceStore(path.join(folder, 'evidence')),
        keys: new FileKeyStore({ directory: path.join(folder, 'keys'), wrappingKeys: { key1: wrappingKey } }),
        reconcile: { expected: new TheseOrders() },
      }),
    ],
  })
    .setLogger(logger)
    .compile();
  try {
    await app.init();
    for (const orderNo of ORDERS.filter((one) => one !== 'canaryUnknown')) {
      const warnings = orderNo === 'canaryStrict' ? ['-9113'] : [];
      sandbox.addOrder({ orderNo, bankCardNo: CARD, photos: 'all', warnings });
    }
    const [ocr, recognition, sdkLaunch, siblings, tickets] = [
      app.get(OcrResultService),
      app.get(RecognitionService),
      app.get(SdkLaunchService),
      app.get(SignedRequestService),
      app.get(TicketService),
    ];
    const sink = () => new Writable({ write: (_bytes, _encoding, done) => done() });
    const brokenSink = () => new Writable({ write: (_bytes, _encoding, done) => done(new Error(`full: ${USER}`)) });
    const strict = { warningPolicy: 'strict' } as const;
    const path = '/api/server/getOcrResult';
    const calls: (() => Promise<unknown>)[] = [
      ...ORDERS.flatMap((orderNo) => [
        () => ocr.query(orderNo, { photos: true, ...strict }),
        () => ocr.download(orderNo, sink, strict),
        () => recognition.recognize(JPEG, { orderNo: `${orderNo}New`, userId: USER }),
        () => siblings.send({ method: 'GET', path, orderNo, query: { name: PERSON } }),
        () => siblings.send({ method: 'GET', path: `/api/${orderNo}/${PERSON}`, orderNo, query: { name: PERSON } }),
        () => siblings.send({ method: 'POST', path: '/api/v2/base/queryfacerecord', orderNo, body: { name: PERSON } }),
        () => sdkLaunch.create({ userId: USER, orderNo, timeoutMs: 1 }),
      ]),
      () => sdkLaunch.create({ userId: `${USER}2` }),
      () => ocr.download('canaryGood', brokenSink),
      () => ocr.query(`${USER} is no order number`),
      () => ocr.query('canaryGood', { signal: AbortSignal.abort(new Error(USER)) }),
      () => recognition.recognize(Buffer.from(`${PERSON} is no picture`)),
      () => tickets.refresh(),
    ];
    for (const call of calls) await call().catch(() => undefined);
    const archive = app.get(EvidenceArchive);
    const { ref } = await archive.keep('canaryGood');
    await archive.keep('canaryGood');
    for (const orderNo of ORDERS) await archive.keep(orderNo).catch(() => undefined);
    expect(await app.get(EvidenceReconciler).runOnce()).toMatchObject({ expected: ORDERS.length });
    const lostOrders = async () => {
      return (await sdk.points('bankcard_ocr.archive.lost')).filter(({ value }) => value > 0);
    };
    while ((await lostOrders()).length === 0) await new Promise(setImmediate);
    sandbox.killCredentials();
    await ocr.query('canaryGood').catch(() => undefined);
    await proxy.stop();
    await ocr.query('canaryGood').catch(() => undefined);

    const canaries = new Map<string, ReadonlySet<string>>([
      ...proxy.canaries,
      ['secret', new Set([secret])],
      ['order number', new Set(ORDERS)],
      ['user', new Set([USER, PERSON])],
      ['bizSeqNo', proxy.serialNumbers],
      ['picture', new Set(['canary picture'])],
      ['reference of evidence', new Set([ref])],
      ['place or key of evidence', new Set([folder, wrappingKey])],
    ]);
    expect([...canaries].filter(([, values]) => values.size === 0)).toEqual([]);
    const exported = await sdk.exported();
    const names = new Set(sdk.spans.map(({ name }) => name));
    for (const operation of ['query', 'download', 'recognize', 'refresh', 'sdk_launch', 'signed_request', 'keep']) {
      expect(names).toContain(`bankcard_ocr.${operation}`);
    }
    const outcomes = new Set((await sdk.points('bankcard_ocr.operation.duration')).map(({ outcome }) => outcome));
    for (const outcome of ['OK', 'ORDER_NOT_FOUND', 'CARD_REJECTED', 'ACCESS_DENIED', 'UNREACHABLE', 'ABORTED']) {
      expect(outcomes).toContain(outcome);
    }
    expect(leaksIn(exported, canaries)).toEqual([]);
    // Tencent's serial number is in the log on purpose: its support asks for it.
    canaries.delete('bizSeqNo');
    expect(leaksIn(lines.join('\n'), canaries)).toEqual([]);
  } finally {
    await app.close();
    rmSync(folder, { recursive: true });
  }
});
