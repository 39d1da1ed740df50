import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { KEY, KEYS } from '../../apps/demo-api/test/serve-demo.js';
import { CUT_ORDER, ECHO_ORDER, leaksIn, RecordingProxy } from '../support/recording-proxy.js';
import { Worker } from '../support/worker.js';

const CARD = '6222021234567890128';
const ORDERS = ['good1', `${ECHO_ORDER}1`, `${CUT_ORDER}1`, 'unknown1'];

const folder = mkdtempSync(path.join(tmpdir(), 'canary-'));
const auditFile = path.join(folder, 'audit.jsonl');

afterAll(() => rmSync(folder, { recursive: true }));

let sandbox: KycSandbox;
let proxy: RecordingProxy;

beforeEach(async () => {
  sandbox = await KycSandbox.start();
  proxy = await RecordingProxy.start(sandbox.url);
  for (const orderNo of ORDERS.slice(0, -1)) sandbox.addOrder({ orderNo, bankCardNo: CARD, photos: 'all' });
});

afterEach(async () => {
  await proxy.stop();
  await sandbox.stop();
});

/** Everything that the process prints, and everything that it answers, while it does all that it can. */
async function everythingShown(preload: string[] = [], change: Record<string, string> = {}): Promise<string> {
  const environment = {
    BANKCARD_OCR_APP_ID: sandbox.appId,
    BANKCARD_OCR_SECRET: sandbox.secret,
    BANKCARD_OCR_BASE_URL: proxy.url,
    ORDERS: ORDERS.join(),
    LOG_LEVEL: 'debug',
    DEMO_API_KEYS: KEYS,
    DEMO_AUDIT_FILE: auditFile,
    DEMO_AUDIT_KEY: 'a1'.repeat(32),
    PORT: '0',
    HOST: '127.0.0.1',
    ...change,
  };
  const worker = Worker.start('canary.worker', environment, preload);
  const url = await worker.line('listening ');
  const answers: string[] = [];
  for (const orderNo of environment.ORDERS.split(',')) {
    for (const route of [`/bank-cards/${orderNo}`, `/bank-cards/${orderNo}/photos/original`]) {
      const answer = await fetch(url + route, { headers: { 'x-api-key': KEY } });
      answers.push(JSON.stringify([...answer.headers]));
      // The bytes of a photo are what the photo's own route is for.
      const isPhoto = answer.status === 200 && route.includes('/photos/');
      answers.push(isPhoto ? '' : await answer.text());
    }
  }
  if (change['DEMO_METRICS_PORT'] !== undefined) {
    // What it prints of itself would have the whole of the exporter in it.
    const metrics = await (await fetch(await worker.line('metrics '))).text();
    await worker.kill();
    return metrics;
  }
  worker.tell('dump');
  await worker.line('done');
  await worker.exited;
  return worker.output + answers.join('\n') + readFileSync(auditFile, 'utf8');
}

describe('secrets, tokens, tickets, signatures, card numbers and photos', () => {
  it('are shown nowhere: not on stdout or stderr at level debug, not in errors, not in HTTP answers', async () => {
    const shown = await everythingShown();
    expect([...proxy.canaries.keys()].sort()).toEqual(
      ['access_token', 'card number', 'photo', 'secret', 'sign', 'value'].sort(),
    );
    expect(leaksIn(shown, proxy.canaries)).toEqual([]);
    // The text is not empty for want of anything to show.
    expect(shown).toContain('622202*********0128');
    expect(shown).toContain('getBankCardOcrResult OK code=0');
    expect(shown).toContain('[redacted]');
  });

  it('are in no metric, and neither is an order number or a number of Tencent', async () => {
    const shown = await everythingShown([], { DEMO_METRICS_PORT: '0' });
    const canaries = new Map([...proxy.canaries, ['order', new Set(ORDERS)], ['bizSeqNo', proxy.serialNumbers]]);
    for (const [what, values] of canaries) expect([what, values.size > 0]).toEqual([what, true]);
    expect(leaksIn(shown, canaries)).toEqual([]);
    expect(shown).toContain('outcome="ACCESS_DENIED"');
  });

  it('nor the store key and what the URL of a Redis carries, while that cannot be reached', async () => {
    const own = new Map([
      ['store key', new Set(['5ec4e7'.repeat(11).slice(0, 64)])],
      ['user of Redis', new Set(['canaryuser'])],
      ['password of Redis', new Set(['canary@pass'])],
    ]);
    const shown = await everythingShown([], {
      BANKCARD_OCR_STORE_ENCRYPTION_KEY: [...own.get('store key')!].join(''),
      BANKCARD_OCR_TICKET_STORE: 'redis://canaryuser:canary%40pass@127.0.0.1:1/0',
      // Nothing can be queried: one order, and a second for each query, show all that there is.
      BANKCARD_OCR_TIMEOUT_MS: '1000',
      ORDERS: ORDERS[0]!,
    });
    expect(leaksIn(shown, new Map([...proxy.canaries, ...own]))).toEqual([]);
    expect(shown).toContain('the ticket store redis://127.0.0.1:1/0 failed to read: NOT_CONNECTED');
    expect(shown).toContain('NO_VALID_TICKET');
  });

  it.each([
    ['the redaction of vendor messages', 'unredacted-messages.preload', 'secret'],
    ['the redaction of transport errors', 'unredacted-causes.preload', 'sign'],
  ])('would be noticed here without %s', async (_what, preload, leaked) => {
    const file = `${process.env['COMPILED_WORKERS']}/test/workers/${preload}.js`;
    // The errors of axios carry the whole request, URL and all: those of undici have nothing to redact.
    const shown = await everythingShown(['--require', file], { BANKCARD_OCR_TRANSPORT: 'http-service' });
    expect(leaksIn(shown, proxy.canaries)).toContain(leaked);
  });
});
