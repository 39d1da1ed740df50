import { BankCardOcrError } from 'nestjs-bankcard-ocr';
import {
  KycSandbox,
  orderNoForCode,
  orderNoForWarning,
  SANDBOX_CODES,
  SANDBOX_WARNINGS,
} from 'nestjs-bankcard-ocr/testing';
import { startOnMovedTime } from '../support/application.js';
import { failureWith } from '../support/failure-with.js';
import { passTime } from '../support/passing-time.js';
import { beginStage, endStage, type QueryStage } from '../support/query-stage.js';

/** What a backend gets for the vendor's codes: typed in from protocol.md section 6, with how often each is sent. */
const EXPECTED = new Map<string, readonly [code: string, actor: string, retryable: boolean, sent: number]>();

function expectEach(codes: string, ...outcome: readonly [string, string, boolean, number]): void {
  for (const code of codes.split(' ')) EXPECTED.set(code, outcome);
}
expectEach('15 400102', 'CREDENTIALS_REJECTED', 'application', true, 2);
expectEach('400101', 'CREDENTIALS_REJECTED', 'developer', true, 2);
expectEach('1 2 3 14 400503 400601 66660000 -1304', 'INVALID_ARGUMENT', 'developer', false, 1);
expectEach('4 6 7 8 9 10 11 12 13 999999 999998 999997 66660021', 'VENDOR_FAULT', 'vendor', true, 3);
expectEach('5 66660011 66660020', 'ORDER_NOT_FOUND', 'developer', true, 2);
expectEach('400103 400104 400105', 'ACCESS_DENIED', 'developer', false, 1);
expectEach('400501 400504 400506', 'RATE_LIMITED', 'application', true, 3);
expectEach('400502 66660001', 'CONFIGURATION', 'developer', false, 1);
expectEach('300101', 'VENDOR_FAULT', 'end-user', false, 1);
expectEach('66660002 66660030', 'ACCESS_DENIED', 'business', false, 1);
expectEach('-9011 -9012 -9013 -9014', 'CARD_UNREADABLE', 'end-user', false, 1);

const BIZ_SEQ_NO = '21062120001184412617492807497465';

let { clock, sandbox, app, scene } = {} as QueryStage;

beforeEach(async () => {
  ({ clock, sandbox, app, scene } = await beginStage());
});

afterEach(endStage);

const failureOf = (query: Promise<unknown>) => failureWith(BankCardOcrError, query);

/** When the queries of an order were sent, on the clock of the sandbox. */
function sentAt(orderNo: string): number[] {
  return sandbox.journal().flatMap((entry) => (entry.orderNo === orderNo ? [entry.at] : []));
}

describe('the vendor codes over real HTTP', () => {
  it('are the 42 that the sandbox knows', () => {
    expect(EXPECTED.size).toBe(42);
    expect([...EXPECTED.keys()].sort()).toEqual(SANDBOX_CODES.map(({ code }) => code as string).sort());
  });

  it('each give their error at once when one attempt is all there is', async () => {
    for (const { code, msg } of SANDBOX_CODES) {
      const error = await failureOf(app.ocr.query(orderNoForCode(code), { maxAttempts: 1 }));
      const [expected, actor, retryable] = EXPECTED.get(code) ?? [];
      expect(error).toMatchObject({ code: expected, actor, retryable, vendorCode: code, vendorMessage: msg });
      expect(error.bizSeqNo).toBeUndefined();
    }
  });

  it.each([400, 403, 500, 502])('mean the same at HTTP status %i, and bring their running number', async (status) => {
    sandbox.configure({ httpStatusOfFailures: status });
    const rewrite = (json: object) => ({ ...json, bizSeqNo: BIZ_SEQ_NO });
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'answer', rewrite });
    for (const { code } of SANDBOX_CODES) {
      const error = await failureOf(app.ocr.query(orderNoForCode(code), { maxAttempts: 1 }));
      expect(error).toMatchObject({ code: EXPECTED.get(code)?.[0], vendorCode: code, bizSeqNo: BIZ_SEQ_NO });
    }
  });

  it('are each sent again as often and as late as the documents allow', async () => {
    const failing = SANDBOX_CODES.map(({ code }) => failureOf(app.ocr.query(orderNoForCode(code))));
    await passTime(scene, 15_000, 50);
    await Promise.all(failing);
    for (const { code } of SANDBOX_CODES) {
      const moments = sentAt(orderNoForCode(code));
      expect([code, moments.length]).toEqual([code, EXPECTED.get(code)?.[3]]);
      const pauses = moments.slice(1).map((at, index) => at - moments[index]!);
      if (code === '400504') expect(Math.min(...pauses)).toBeGreaterThanOrEqual(2_000);
      if (code === '400501' || code === '400506') expect(Math.min(...pauses)).toBeGreaterThanOrEqual(800);
      if (EXPECTED.get(code)?.[0] === 'VENDOR_FAULT') {
        for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(160);
      }
    }
    expect(sandbox.violations()).toEqual([]);
    // Three codes had fresh credentials fetched, and one refresh was enough for them.
    expect(sandbox.calls).toMatchObject({ accessToken: 2, apiTicket: 2 });
  });

  it('that no document knows are readable and not sent again', async () => {
    for (const code of ['31415926', '-99999', '16']) {
      const error = await failureOf(app.ocr.query(orderNoForCode(code)));
      expect(error).toMatchObject({
        code: 'VENDOR_CODE_UNKNOWN',
        vendorCode: code,
        vendorMessage: `未知错误${code}`,
        retryable: false,
      });
      expect(sentAt(orderNoForCode(code))).toHaveLength(1);
    }
  });

  it('of sibling products for pictures ask the end user for a new photo', async () => {
    for (const code of ['66660015', '66661001', '66661005', '66661010']) {
      const error = await failureOf(app.ocr.query(orderNoForCode(code)));
      const expected = { code: 'CARD_UNREADABLE', actor: 'end-user', retryable: false, vendorCode: code };
      expect(error).toMatchObject(expected);
      expect(sentAt(orderNoForCode(code))).toHaveLength(1);
    }
  });

  it('can be given another meaning by vendorCodeOverrides', async () => {
    const vendorCodeOverrides = {
      '31415926': { error: 'VENDOR_FAULT', actor: 'vendor', retry: 'backoff' },
      '66660020': { retry: 'never' },
    } as const;
    const other = await startOnMovedTime(sandbox, { clock, vendorCodeOverrides });
    const unknown = failureOf(other.ocr.query(orderNoForCode('31415926')));
    const missing = failureOf(other.ocr.query('nobodyKnowsThis'));
    await passTime({ ...scene, tickets: [other.tickets] }, 2_000, 50);
    expect(await unknown).toMatchObject({ code: 'VENDOR_FAULT', actor: 'vendor', vendorCode: '31415926' });
    expect(sentAt(orderNoForCode('31415926'))).toHaveLength(3);
    expect(await missing).toMatchObject({ code: 'ORDER_NOT_FOUND', retryable: false });
    expect(sentAt('nobodyKnowsThis')).toHaveLength(1);
    await other.application.close();
  });
});

describe('the warnings over real HTTP', () => {
  it('are the 6 of the documents; each comes with the card that was read all the same', async () => {
    expect(SANDBOX_WARNINGS).toHaveLength(6);
    for (const { code } of SANDBOX_WARNINGS) {
      const result = await app.ocr.query(orderNoForWarning(code));
      expect(result.warnings).toEqual([{ code, en: expect.any(String), zh: expect.any(String) }]);
      expect(result.warnings[0]?.en).not.toContain('not documented');
      expect(result.cardNumber.masked).toMatch(/^\d{6}\*{9}\d{4}$/);
      expect(result.validity.expired).toBe(code === '66661009');
    }
  });

  it('all come when there are several, and one that no document knows is readable', async () => {
    const warnings = ['-9110', '-9111', '-9114', '-9999'];
    sandbox.addOrder({ orderNo: 'several', warnings });
    const result = await app.ocr.query('several');
    expect(result.warnings.map(({ code }) => code)).toEqual(warnings);
    expect(result.warnings.at(-1)?.en).toContain('not documented');
  });
});

describe('a limit of the vendor', () => {
  // 1, 2, 4, 4 s, each up to a fifth shorter and, by the steps of this clock, up to a tenth of a second longer.
  const BOUNDS = [[800, 1_100], [1_600, 2_100], ...[2, 3].map(() => [3_200, 4_100])] as const;

  it.each([1, 2, 5])('is met with growing pauses, as many attempts as the call allows: %i', async (maxAttempts) => {
    for (const code of ['400501', '400506']) {
      const failing = failureOf(app.ocr.query(orderNoForCode(code), { maxAttempts, timeoutMs: 60_000 }));
      await passTime(scene, 20_000, 100);
      expect(await failing).toMatchObject({ code: 'RATE_LIMITED', vendorCode: code });
      const moments = sentAt(orderNoForCode(code));
      expect(moments).toHaveLength(maxAttempts);
      for (const [index, [least, most]] of BOUNDS.slice(0, maxAttempts - 1).entries()) {
        const pause = moments[index + 1]! - moments[index]!;
        expect(pause).toBeGreaterThanOrEqual(least!);
        expect(pause).toBeLessThanOrEqual(most!);
      }
    }
  });

  it.each(['400501', '400506'])('that was there once (%s) costs a second', async (code) => {
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code, times: 1 });
    const query = app.ocr.query(KycSandbox.EXAMPLE_ORDERS.clean);
    await passTime(scene, 700, 100);
    expect(sandbox.calls.result).toBe(1);
    await passTime(scene, 400, 100);
    await expect(query).resolves.toMatchObject({ orderNo: KycSandbox.EXAMPLE_ORDERS.clean });
    expect(sandbox.calls.result).toBe(2);
  });
});
