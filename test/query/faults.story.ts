import { inspect } from 'node:util';
import { BankCardOcrError, type BankCardOcrOptions } from 'nestjs-bankcard-ocr';
import { type FaultEffect, KycSandbox, ManualClock, orderNoForCode } from 'nestjs-bankcard-ocr/testing';
import { startOnMovedTime, type TestApplication } from '../support/application.js';
import { atRest, passTime, type Scene } from '../support/passing-time.js';

const QUERY = 'getBankCardOcrResult';

let clock: ManualClock;
let sandbox: KycSandbox;
let app: TestApplication;
let scene: Scene;

async function start(change: Partial<BankCardOcrOptions> = {}): Promise<void> {
  clock = new ManualClock();
  sandbox = await KycSandbox.start({ clock, unknownOrders: 'invent' });
  app = await startOnMovedTime(sandbox, { clock, ...change });
  scene = { clock, sandbox, tickets: [app.tickets] };
  await atRest(scene);
}

/** Let more time pass than a call takes, and see how long it took by that clock. */
async function ended<T>(call: Promise<T>): Promise<{ readonly result: Promise<T>; readonly afterMs: number }> {
  const startedAt = clock.monotonic();
  let afterMs = Infinity;
  const end = (): void => void (afterMs = clock.monotonic() - startedAt);
  call.then(end, end);
  await atRest(scene);
  await passTime(scene, 5_000, 50);
  return { result: call, afterMs };
}

afterEach(async () => {
  sandbox.clearFaults();
  await app.application.close();
  await sandbox.stop();
});

async function failureOf(query: Promise<unknown>): Promise<BankCardOcrError> {
  const error = await query.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof BankCardOcrError)) throw new Error('No error of the library.', { cause: error });
  const shown = inspect(error, { depth: Infinity, showHidden: true });
  const credentials = app.tickets.peek();
  const canaries = [sandbox.secret, credentials?.accessToken.reveal(), credentials?.signTicket.reveal(), 'sign='];
  for (const canary of canaries) if (canary !== undefined) expect(shown).not.toContain(canary);
  return error;
}

/** Every way to spoil a query, and what it is when it stays that way. */
const FAULTS: readonly (readonly [name: string, effect: FaultEffect, code: string])[] = [
  ['slow', { kind: 'slow', delayMs: 2_000 }, 'TIMEOUT'],
  ['hang', { kind: 'hang' }, 'TIMEOUT'],
  ['reset', { kind: 'reset' }, 'UNREACHABLE'],
  ['lost response', { kind: 'lost-response' }, 'UNREACHABLE'],
  ['truncated', { kind: 'truncated' }, 'UNREACHABLE'],
  ['truncated in chunks', { kind: 'truncated', chunked: true }, 'UNREACHABLE'],
  ['truncated JSON', { kind: 'truncated-json' }, 'RESPONSE_MALFORMED'],
  ['HTML 502', { kind: 'html-502' }, 'VENDOR_FAULT'],
  ['empty body', { kind: 'empty-body' }, 'RESPONSE_MALFORMED'],
  ['wrong types', { kind: 'wrong-types' }, 'RESPONSE_MALFORMED'],
];

describe('a query that something goes wrong with', () => {
  beforeEach(() => start());

  it.each(FAULTS)('once (%s) succeeds by its retry, with a fresh nonce', async (_name, effect) => {
    const fault = sandbox.injectFault({ endpoint: QUERY, times: 1, ...effect });
    const { result } = await ended(app.ocr.query('order1', { attemptTimeoutMs: 150 }));
    await expect(result).resolves.toMatchObject({ orderNo: 'order1' });
    expect(fault.hits).toBe(1);
    expect(sandbox.calls.result).toBe(2);
    expect(sandbox.violations()).toEqual([]);
    expect(sandbox.calls.accessToken).toBe(1);
  });

  it.each(FAULTS)('always (%s) fails with a typed error within its time', async (_name, effect, code) => {
    sandbox.injectFault({ endpoint: QUERY, ...effect });
    const { result, afterMs } = await ended(app.ocr.query('order1', { timeoutMs: 350, attemptTimeoutMs: 100 }));
    const error = await failureOf(result);
    expect(afterMs).toBeLessThanOrEqual(350);
    expect(error).toMatchObject({ code, retryable: true, actor: 'vendor' });
    expect(sandbox.calls.result).toBeGreaterThanOrEqual(1);
    sandbox.clearFaults();
    await expect(app.ocr.query('order1')).resolves.toBeDefined();
  });

  it('because nobody is there fails as unreachable, and says so of the ticket', async () => {
    sandbox.injectFault({ endpoint: 'all', kind: 'reset' });
    const query = await ended(app.ocr.query('order1', { timeoutMs: 300 }));
    expect(await failureOf(query.result)).toMatchObject({ code: 'UNREACHABLE' });
    const other = await startOnMovedTime(sandbox, { clock, timeoutMs: 300 });
    const first = await ended(other.ocr.query('order1', { maxAttempts: 1 }));
    const error = await failureOf(first.result);
    expect(error).toMatchObject({ code: 'NO_VALID_TICKET', cause: { code: 'UNREACHABLE' } });
    await other.application.close();
  });
});

describe('when the time is over', () => {
  beforeEach(() => start());

  it('the last answer of the vendor decides, not the time-out', async () => {
    sandbox.injectFault({ endpoint: QUERY, kind: 'code', code: '999998', times: 1 });
    sandbox.injectFault({ endpoint: QUERY, kind: 'hang' });
    const { result } = await ended(app.ocr.query('order1', { timeoutMs: 350 }));
    const error = await failureOf(result);
    expect(error).toMatchObject({ code: 'VENDOR_FAULT', vendorCode: '999998' });
    expect(sandbox.calls.result).toBe(2);
  });

  it('it is a time-out if the vendor never said anything', async () => {
    sandbox.injectFault({ endpoint: QUERY, kind: 'hang' });
    const { result } = await ended(app.ocr.query('order1', { timeoutMs: 60 }));
    expect(await failureOf(result)).toMatchObject({
      code: 'TIMEOUT',
      message: 'no result within 60 ms (timeoutMs)',
    });
    expect(sandbox.calls.result).toBe(1);
  });

  it('before a pause would be, nobody waits for it', async () => {
    const startedAt = clock.monotonic();
    const error = await failureOf(app.ocr.query(orderNoForCode('400504'), { timeoutMs: 1_500 }));
    expect(error).toMatchObject({ code: 'RATE_LIMITED', vendorCode: '400504', retryAfterMs: 2_000 });
    expect(clock.monotonic() - startedAt).toBe(0);
  });
});

describe('a caller who stops', () => {
  const reason = Object.freeze({ why: 'the user went away' });

  it('before it began gets its own reason, and nothing is sent', async () => {
    await start({ backgroundRefresh: false });
    await expect(app.ocr.query('order1', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(sandbox.journal()).toEqual([]);
  });

  it('while waiting for a ticket gets its own reason, and the refresh goes on for others', async () => {
    await start({ backgroundRefresh: false });
    const fault = sandbox.injectFault({ endpoint: 'access_token', kind: 'slow', delayMs: 150 });
    const controller = new AbortController();
    const query = app.ocr.query('order1', { signal: controller.signal });
    const patient = app.ocr.query('order1');
    await atRest(scene);
    expect(fault.hits).toBe(1);
    controller.abort(reason);
    await expect(query).rejects.toBe(reason);
    await passTime(scene, 150, 50);
    await expect(patient).resolves.toBeDefined();
    expect(sandbox.calls).toMatchObject({ accessToken: 1, result: 1 });
  });

  it('in flight gets its own reason, and the connection is given up', async () => {
    await start();
    const fault = sandbox.injectFault({ endpoint: QUERY, kind: 'hang' });
    const controller = new AbortController();
    const query = app.ocr.query('order1', { signal: controller.signal });
    await atRest(scene);
    expect(fault.hits).toBe(1);
    expect(sandbox.inFlight).toBe(1);
    controller.abort(reason);
    await expect(query).rejects.toBe(reason);
    await atRest(scene);
    expect(sandbox.inFlight).toBe(0);
    expect(sandbox.calls.result).toBe(1);
  });

  it('in a pause gets its own reason, and nothing more is sent', async () => {
    await start();
    const fault = sandbox.injectFault({ endpoint: QUERY, kind: 'code', code: '400501' });
    const controller = new AbortController();
    const query = app.ocr.query('order1', { signal: controller.signal });
    await atRest(scene);
    expect(fault.hits).toBe(1);
    expect(sandbox.inFlight).toBe(0);
    controller.abort(reason);
    await expect(query).rejects.toBe(reason);
    await passTime(scene, 5_000, 500);
    expect(sandbox.calls.result).toBe(1);
  });

  it('leaves no timer behind, wherever it stops', async () => {
    await start({ backgroundRefresh: false });
    const fault = sandbox.injectFault({ endpoint: QUERY, kind: 'code', code: '400501' });
    const controller = new AbortController();
    const query = app.ocr.query('order1', { signal: controller.signal });
    await atRest(scene);
    expect(fault.hits).toBe(1);
    expect(clock.pendingTimers).toBe(2);
    controller.abort(reason);
    await expect(query).rejects.toBe(reason);
    expect(clock.pendingTimers).toBe(0);
  });

  it('may give no reason, or none that is an error', async () => {
    await start();
    const controller = new AbortController();
    controller.abort();
    await expect(app.ocr.query('order1', { signal: controller.signal })).rejects.toBe(controller.signal.reason);
    await expect(app.ocr.query('order1', { signal: AbortSignal.abort(null) })).rejects.toBeNull();
  });
});

it('a repetition with new credentials does not count as an attempt', async () => {
  await start();
  sandbox.killCredentials();
  await expect(app.ocr.query('order1', { maxAttempts: 1 })).resolves.toBeDefined();
  expect(sandbox.calls).toMatchObject({ result: 2, accessToken: 2 });
});
