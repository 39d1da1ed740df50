import { BankCardOcrError, type BankCardOcrOptions, type TicketEvent } from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock, type SandboxFault } from 'nestjs-bankcard-ocr/testing';
import { startApplication, type TestApplication } from './support/application.js';
import { atRest, passTime, type Scene } from './support/passing-time.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let clock: ManualClock;
let sandbox: KycSandbox;
let app: TestApplication;
let scene: Scene;
let events: TicketEvent[];

async function start(change: Partial<BankCardOcrOptions> = {}): Promise<void> {
  clock = new ManualClock();
  sandbox = await KycSandbox.start({ clock, unknownOrders: 'invent' });
  app = await startApplication(sandbox, { clock, ...change });
  scene = { clock, sandbox, tickets: [app.tickets] };
  await atRest(scene);
  events = [];
  app.tickets.events$.subscribe((event) => events.push(event));
}

async function query(): Promise<void> {
  await app.ocr.query('order1');
}

function eventsOf<T extends TicketEvent['type']>(type: T): Extract<TicketEvent, { type: T }>[] {
  return events.filter((event): event is Extract<TicketEvent, { type: T }> => event.type === type);
}

afterEach(async () => {
  // What hangs for good in a test must not hold its end up.
  sandbox.clearFaults();
  const closed = app.application.close();
  clock.advance(MINUTE);
  await closed;
  await sandbox.stop();
  expect(clock.pendingTimers).toBe(0);
});

describe('the refresh', () => {
  it('runs every 20 minutes, token and ticket together, while nobody queries and while somebody does', async () => {
    await start();
    sandbox.configure({ minRefreshIntervalMs: 19 * MINUTE });
    await passTime(scene, 90 * MINUTE, 5 * SECOND);
    await passTime(scene, 90 * MINUTE, 5 * SECOND, query);
    // 180 minutes by intervals of 20, each up to 2 % shorter.
    expect(sandbox.calls).toMatchObject({ accessToken: 10, apiTicket: 10 });
    expect(sandbox.misuse()).toEqual([]);
    expect(sandbox.recoveries()).toEqual([]);
    expect(sandbox.rejected).toBe(0);
    expect(app.tickets.status()).toMatchObject({ state: 'fresh', generation: 10, refreshing: false });
  });

  it('does not hold the start up, nor fails it, when the vendor hangs', async () => {
    clock = new ManualClock();
    sandbox = await KycSandbox.start({ clock, unknownOrders: 'invent' });
    sandbox.injectFault({ endpoint: 'all', kind: 'hang' });
    app = await startApplication(sandbox, { clock });
    scene = { clock, sandbox, tickets: [app.tickets] };
    expect(app.tickets.status()).toMatchObject({ state: 'none', everObtained: false, refreshing: true });
    expect(app.tickets.peek()).toBeUndefined();
  });

  it('shifts of the wall clock change nothing for a process that runs', async () => {
    await start();
    await passTime(scene, 5 * MINUTE, 5 * SECOND, query);
    clock.shiftWallClock(-3 * 60 * MINUTE);
    await passTime(scene, 5 * MINUTE, 5 * SECOND, query);
    clock.shiftWallClock(9 * 60 * MINUTE);
    await passTime(scene, 5 * MINUTE, 5 * SECOND, query);
    expect(sandbox.calls.accessToken).toBe(1);
    await passTime(scene, 15 * MINUTE, 5 * SECOND, query);
    expect(sandbox.calls.accessToken).toBe(2);
    expect(sandbox.rejected).toBe(0);
  });

  it.each([
    ['in the past', '20200101000000'],
    ['far away', '20990101000000'],
    ['rubbish', 'soon'],
  ])('never judges by expire_time: %s', async (_what, expireTime) => {
    await start();
    sandbox.injectFault({
      endpoint: 'auth',
      kind: 'answer',
      rewrite: (json) =>
        JSON.parse(JSON.stringify(json, (key, value: unknown) => (key === 'expire_time' ? expireTime : value))),
    });
    await passTime(scene, 41 * MINUTE, 5 * SECOND, query);
    expect(sandbox.calls).toMatchObject({ accessToken: 3, apiTicket: 3 });
    expect(sandbox.rejected).toBe(0);
  });

  it('follows expire_in when the vendor gives shorter lives than documented', async () => {
    await start();
    sandbox.configure({ tokenLifeMs: 10 * MINUTE, ticketLifeMs: 5 * MINUTE });
    await passTime(scene, 60 * MINUTE, 5 * SECOND, query);
    expect(sandbox.rejected).toBe(0);
  });
});

describe('when the vendor fails', () => {
  const outages: [string, SandboxFault][] = [
    ['resets connections', { endpoint: 'auth', kind: 'reset' }],
    ['answers HTML 502', { endpoint: 'auth', kind: 'html-502' }],
    ['answers 999999', { endpoint: 'auth', kind: 'code', code: '999999' }],
    ['hangs', { endpoint: 'auth', kind: 'hang' }],
  ];

  it.each(outages)('auth down for 39 minutes, it %s: no query fails', async (_how, fault) => {
    await start();
    await passTime(scene, 19 * MINUTE, 5 * SECOND, query);
    const handle = sandbox.injectFault(fault);
    await passTime(scene, 39 * MINUTE, 2.5 * SECOND, query);
    expect(handle.hits).toBeGreaterThan(10);
    expect(app.tickets.status()).toMatchObject({ state: 'due' });
    handle.clear();
    await passTime(scene, 20 * SECOND, SECOND, query);
    expect(app.tickets.status()).toMatchObject({ state: 'fresh', generation: 2 });
    expect(sandbox.rejected).toBe(0);
  });

  it.each(outages)('beyond expiry, it %s: a typed error, and recovery by itself within 20 s', async (_how, fault) => {
    await start();
    const handle = sandbox.injectFault(fault);
    await passTime(scene, 61 * MINUTE, 10 * SECOND);
    const failed = app.ocr.query('order1', { timeoutMs: 3 * SECOND }).catch((error: unknown) => error);
    await passTime(scene, 4 * SECOND, SECOND);
    await expect(failed).resolves.toBeInstanceOf(BankCardOcrError);
    expect(((await failed) as BankCardOcrError).code).toMatch(/^(NO_VALID_TICKET|TIMEOUT)$/);
    expect(app.tickets.status()).toMatchObject({ state: 'none', everObtained: true });
    handle.clear();
    await passTime(scene, 20 * SECOND, SECOND);
    expect(app.tickets.status()).toMatchObject({ state: 'fresh' });
    await query();
  });

  it('api_ticket alone down for 45 s after a good access_token: no query fails, one token call', async () => {
    await start();
    sandbox.injectFault({ endpoint: 'api_ticket', kind: 'html-502' });
    await passTime(scene, 20 * MINUTE, SECOND, query);
    const begun = eventsOf('token-pending').length;
    expect(begun).toBe(1);
    await passTime(scene, 45 * SECOND - (clock.monotonic() - begunAt()), SECOND, query);
    sandbox.clearFaults();
    await passTime(scene, 5 * MINUTE, SECOND, query);
    expect(sandbox.calls.accessToken).toBe(2);
    expect(sandbox.recoveries()).toEqual([]);
    expect(sandbox.rejected).toBe(0);
    expect(app.tickets.status()).toMatchObject({ state: 'fresh', generation: 2 });
  });

  /** When the sandbox issued its last token, on the monotonic clock. */
  function begunAt(): number {
    const last = sandbox
      .journal()
      .findLast(({ endpoint, outcome }) => endpoint === 'access_token' && outcome === 'answered');
    return clock.monotonic() - (clock.now() - last!.at);
  }

  it('a token whose answer was lost is replaced inside the overlap, and no query fails', async () => {
    await start();
    await passTime(scene, 19 * MINUTE, 5 * SECOND, query);
    sandbox.injectFault({ endpoint: 'access_token', kind: 'lost-answer', times: 1 });
    await passTime(scene, 10 * MINUTE, SECOND, query);
    expect(sandbox.calls.accessToken).toBe(3);
    expect(sandbox.recoveries()).toHaveLength(1);
    expect(sandbox.misuse()).toEqual([]);
    expect(sandbox.rejected).toBe(0);
    expect(eventsOf('token-answer-lost')).toHaveLength(1);
  });

  it('a new token is asked for only when the vendor refuses the pending one', async () => {
    await start();
    const down = sandbox.injectFault({ endpoint: 'api_ticket', kind: 'reset' });
    await passTime(scene, 20 * MINUTE + 5 * SECOND, SECOND);
    sandbox.killCredentials();
    down.clear();
    await passTime(scene, 20 * SECOND, SECOND);
    expect(eventsOf('pending-token-refused')).toMatchObject([{ generation: 2, vendorCode: '15' }]);
    expect(sandbox.calls.accessToken).toBe(3);
    expect(app.tickets.status()).toMatchObject({ state: 'fresh' });
    await query();
  });

  it('failed refreshes are repeated after 1 s, doubling to 10 s', async () => {
    await start();
    await passTime(scene, 19 * MINUTE, 5 * SECOND);
    sandbox.injectFault({ endpoint: 'auth', kind: 'reset' });
    await passTime(scene, 3 * MINUTE, SECOND);
    const pauses = eventsOf('refresh-failed').map(({ retryInMs }) => retryInMs);
    for (const [index, longest] of [1, 2, 4, 8, 10, 10, 10].entries()) {
      expect(pauses[index]).toBeLessThanOrEqual(longest * SECOND);
      expect(pauses[index]).toBeGreaterThanOrEqual(longest * SECOND * 0.8);
    }
    expect(
      eventsOf('refresh-failed')
        .map(({ repeated }) => repeated)
        .slice(0, 3),
    ).toEqual([false, true, true]);
  });

  it('what a developer must mend is tried ever more rarely, up to every 5 minutes', async () => {
    await start({ secret: 'of-another-app' });
    await passTime(scene, 60 * MINUTE, SECOND);
    const failures = eventsOf('refresh-failed');
    expect(Math.max(...failures.map(({ retryInMs }) => retryInMs))).toBeGreaterThan(4 * MINUTE);
    expect(failures.length).toBeLessThan(30);
    expect(failures.every(({ repeated }) => repeated)).toBe(true);
    await expect(app.ocr.query('order1')).rejects.toMatchObject({ code: 'NO_VALID_TICKET', actor: 'developer' });
  });
});

describe('when credentials are rejected', () => {
  it('a thousand rejected callers cause one refresh, and all get their result', async () => {
    await start();
    sandbox.killCredentials();
    const results = await Promise.all(Array.from({ length: 1_000 }, (_, n) => app.ocr.query(`order${n}`)));
    expect(new Set(results.map(({ orderNo }) => orderNo)).size).toBe(1_000);
    expect(sandbox.calls).toMatchObject({ accessToken: 2, apiTicket: 2 });
    expect(sandbox.misuse()).toEqual([]);
  });

  it.each(['400102', '400101', '15'] as const)(
    'signs again with new ones, whatever the code: %s',
    async (deadTicketCode) => {
      await start();
      sandbox.configure({ deadTicketCode });
      sandbox.killCredentials();
      await query();
      expect(sandbox.calls).toMatchObject({ accessToken: 2, apiTicket: 2 });
      expect(sandbox.rejected).toBe(1);
      expect(sandbox.misuse()).toEqual([]);
    },
  );

  it('a request that is always rejected is sent twice, and starts at most one refresh an overlap', async () => {
    await start();
    const always = sandbox.injectFault({
      endpoint: 'getBankCardOcrResult',
      orderNo: 'bad1',
      kind: 'code',
      code: '400101',
    });
    await expect(app.ocr.query('bad1')).rejects.toMatchObject({ code: 'CREDENTIALS_REJECTED', vendorCode: '400101' });
    expect(always.hits).toBe(2);
    expect(sandbox.calls.accessToken).toBe(2);
    let failed = 0;
    await passTime(scene, 10 * MINUTE, 5 * SECOND, async () => {
      await app.ocr.query('bad1').catch(() => (failed += 1));
      await query();
    });
    expect(failed).toBe(120);
    expect(sandbox.calls.accessToken).toBeLessThanOrEqual(2 + 10);
    expect(sandbox.calls.accessToken).toBeGreaterThan(8);
  });

  it('a request that is wrong does not keep dead credentials from being replaced', async () => {
    await start();
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', orderNo: 'bad1', kind: 'code', code: '400101' });
    const wrong = await app.ocr.query('bad1').catch((error: unknown) => error);
    expect(wrong).toMatchObject({ code: 'CREDENTIALS_REJECTED', vendorCode: '400101', retryable: false });
    // The overlap after that forced refresh is over; that request is still at fault.
    await passTime(scene, MINUTE, 5 * SECOND);
    await app.ocr.query('bad1').catch(() => undefined);
    sandbox.killCredentials();
    await passTime(scene, MINUTE, 5 * SECOND);
    await query();
    expect(sandbox.misuse()).toEqual([]);
  });

  it('one forced refresh may follow a scheduled one at once, a second only an overlap later', async () => {
    await start();
    await app.tickets.refresh();
    await expect(app.tickets.refresh()).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: MINUTE });
    sandbox.killCredentials();
    await expect(app.ocr.query('order1')).rejects.toMatchObject({ code: 'CREDENTIALS_REJECTED', vendorCode: '400102' });
    await passTime(scene, MINUTE, 5 * SECOND);
    await query();
    expect(sandbox.calls.accessToken).toBe(3);
  });

  it('a foreign refresh costs one rejected request and one refresh', async () => {
    await start();
    sandbox.foreignRefresh();
    await passTime(scene, 3 * MINUTE, 5 * SECOND, query);
    expect(sandbox.rejected).toBe(1);
    expect(sandbox.calls.accessToken).toBe(2);
    expect(eventsOf('credentials-rejected')).toHaveLength(1);
  });
});
