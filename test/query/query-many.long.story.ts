import { isBankCardOcrError, type QueryManyOptions, type QueryManyOutcome } from 'nestjs-bankcard-ocr';
import { inventedCardNumber, KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { startApplication, type TestApplication } from '../support/application.js';
import { eventually } from '../support/passing-time.js';

const FAST = { concurrency: 8, ratePerSecond: 200 } as const;

let sandbox: KycSandbox;
let app: TestApplication;

beforeEach(async () => {
  sandbox = await KycSandbox.start({ unknownOrders: 'invent', answerDelayMs: 20 });
  app = await startApplication(sandbox);
  await app.tickets.getCredentials();
});

afterEach(async () => {
  await app.application.close();
  await sandbox.stop();
});

function many(orders: Iterable<string> | AsyncIterable<string>, options: QueryManyOptions = {}) {
  return app.ocr.queryMany(orders, options);
}

function orderNumbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `order${String(index).padStart(4, '0')}`);
}

async function collected(batch: AsyncIterable<QueryManyOutcome>): Promise<QueryManyOutcome[]> {
  const outcomes: QueryManyOutcome[] = [];
  for await (const outcome of batch) outcomes.push(outcome);
  return outcomes;
}

function expectEveryCard(outcomes: QueryManyOutcome[], orders: string[]): void {
  expect(outcomes.map(({ orderNo }) => orderNo).sort()).toEqual(orders);
  for (const { orderNo, result } of outcomes) expect(result?.cardNumber.reveal()).toBe(inventedCardNumber(orderNo));
}

const answersWith = (code: string): number => sandbox.journal().filter((entry) => entry.code === code).length;

describe('a batch over real HTTP', () => {
  it.each([{ warningPolicy: 'strickt' }, { recognizedAt: new Date(Number.NaN) }])(
    'is refused before anything is taken when its options are wrong: %j',
    async (wrong) => {
      const taken: string[] = [];
      const orders = (function* () {
        taken.push('order0001');
        yield 'order0001';
      })();
      const failing = collected(many(orders, wrong as QueryManyOptions));
      await expect(failing).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      expect(taken).toEqual([]);
    },
  );

  it('brings every order its own card, and sends no request more than it has orders', async () => {
    const orders = orderNumbers(60);
    expectEveryCard(await collected(many(orders, FAST)), orders);
    expect(sandbox.calls).toMatchObject({ result: 60, accessToken: 1, apiTicket: 1 });
    expect(sandbox.violations()).toEqual([]);
  });

  it.each([
    ['the queries repeat by themselves', 3],
    ['the batch asks again for what was refused', 1],
  ])('stays complete at the concurrency limit of the app id, when %s', async (_how, maxAttempts) => {
    sandbox.configure({ concurrencyLimit: 1 });
    const orders = orderNumbers(40);
    expectEveryCard(await collected(many(orders, { ...FAST, maxAttempts })), orders);
    expect(answersWith('400506')).toBeGreaterThan(0);
    expect(sandbox.violations()).toEqual([]);
  });

  it('slows down when the vendor counts too many requests in a second', async () => {
    const fault = sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code: '400501', times: 5 });
    const orders = orderNumbers(50);
    expectEveryCard(await collected(many(orders, { ...FAST, maxAttempts: 1 })), orders);
    expect(fault.hits).toBe(5);
    const [first = 0, ...later] = sandbox.journal().flatMap(({ endpoint, at }) => {
      return endpoint === 'getBankCardOcrResult' ? [at] : [];
    });
    // 55 requests at 100 in a second, and no longer at 200.
    expect(later.at(-1)! - first).toBeGreaterThan(400);
  });

  it('says of each order that failed what it failed with, and goes on', async () => {
    sandbox.configure({ unknownOrders: 'reject' });
    sandbox.addOrder({ orderNo: 'known1' });
    sandbox.addOrder({ orderNo: 'known2' });
    const outcomes = await collected(many(['known1', 'not an order number', 'unknown', 'known2'], { maxAttempts: 1 }));
    const told = outcomes.map(({ orderNo, error }) => [orderNo, isBankCardOcrError(error) ? error.code : error]);
    expect(Object.fromEntries(told)).toEqual({
      known1: undefined,
      'not an order number': 'INVALID_ARGUMENT',
      unknown: 'ORDER_NOT_FOUND',
      known2: undefined,
    });
    expect(outcomes).toHaveLength(4);
  });

  it('whose reader leaves sends nothing more, and leaves no request behind', async () => {
    sandbox.configure({ answerDelayMs: 200 });
    let [taken, closed] = [0, false];
    const endless = (function* () {
      try {
        for (;;) yield `order${(taken += 1)}`;
      } finally {
        closed = true;
      }
    })();
    for await (const { result } of many(endless, FAST)) {
      expect(result).toBeDefined();
      break;
    }
    expect(closed).toBe(true);
    await eventually(() => sandbox.inFlight === 0);
    // One may have been on its way, and arrive after the reader has left.
    expect(sandbox.calls.result).toBeLessThanOrEqual(taken);
    expect(taken).toBeLessThanOrEqual(9);
  });

  it('that is stopped tells of every order it took, then why', async () => {
    sandbox.configure({ answerDelayMs: 60_000 });
    const controller = new AbortController();
    const batch = many(orderNumbers(100), { ...FAST, signal: controller.signal });
    const told: QueryManyOutcome[] = [];
    const reading = (async () => {
      for await (const outcome of batch) told.push(outcome);
    })();
    await eventually(() => sandbox.inFlight === 8);
    controller.abort(new Error('shutting down'));
    await expect(reading).rejects.toThrow('shutting down');
    expect(told.map(({ orderNo }) => orderNo).sort()).toEqual(orderNumbers(8));
    for (const { error } of told) expect(error).toBe(controller.signal.reason);
  });
});
