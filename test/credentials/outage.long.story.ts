import { BankCardOcrError } from 'nestjs-bankcard-ocr';
import type { KycSandbox, ManualClock, SandboxFault } from 'nestjs-bankcard-ocr/testing';
import { MINUTE, SECOND, start, stop } from '../support/moved-time.js';
import { passTime } from '../support/passing-time.js';

afterEach(stop);

describe('when the vendor fails', () => {
  const outages: [string, SandboxFault][] = [
    ['resets connections', { endpoint: 'auth', kind: 'reset' }],
    ['answers HTML 502', { endpoint: 'auth', kind: 'html-502' }],
    ['answers 999999', { endpoint: 'auth', kind: 'code', code: '999999' }],
    ['hangs', { endpoint: 'auth', kind: 'hang' }],
  ];

  it.each(outages)('auth down for 39 minutes, it %s: no query fails', async (_how, fault) => {
    const { sandbox, app, scene, query } = await start();
    await passTime(scene, 19 * MINUTE, MINUTE, query);
    const handle = sandbox.injectFault(fault);
    await passTime(scene, 39 * MINUTE, MINUTE, query);
    expect(handle.hits).toBeGreaterThan(10);
    expect(app.tickets.status()).toMatchObject({ state: 'due' });
    handle.clear();
    await passTime(scene, 20 * SECOND, SECOND, query);
    expect(app.tickets.status()).toMatchObject({ state: 'fresh', generation: 2 });
    expect(sandbox.rejected).toBe(0);
  });

  it.each(outages)('beyond expiry, it %s: a typed error, and recovery by itself within 20 s', async (_how, fault) => {
    const { sandbox, app, scene, query } = await start();
    const handle = sandbox.injectFault(fault);
    await passTime(scene, 61 * MINUTE, MINUTE);
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
    const { clock, sandbox, app, scene, eventsOf, query } = await start();
    sandbox.injectFault({ endpoint: 'api_ticket', kind: 'html-502' });
    await passTime(scene, 19 * MINUTE, MINUTE, query);
    await passTime(scene, MINUTE, SECOND, query);
    const begun = eventsOf('token-pending').length;
    expect(begun).toBe(1);
    await passTime(scene, 45 * SECOND - (clock.monotonic() - begunAt(sandbox, clock)), SECOND, query);
    sandbox.clearFaults();
    await passTime(scene, 2 * MINUTE, 5 * SECOND, query);
    expect(sandbox.calls.accessToken).toBe(2);
    expect(sandbox.rejected).toBe(0);
    expect(app.tickets.status()).toMatchObject({ state: 'fresh', generation: 2 });
  });

  it('a token whose answer was lost is replaced inside the overlap, and no query fails', async () => {
    const { sandbox, scene, eventsOf, query } = await start();
    await passTime(scene, 19 * MINUTE, MINUTE, query);
    sandbox.injectFault({ endpoint: 'access_token', kind: 'lost-response', times: 1 });
    await passTime(scene, 3 * MINUTE, 2 * SECOND, query);
    expect(sandbox.calls.accessToken).toBe(3);
    expect(sandbox.violations()).toEqual([]);
    expect(sandbox.rejected).toBe(0);
    expect(eventsOf('token-request-in-doubt')).toHaveLength(1);
  });

  it('a new token is asked for when the vendor refuses the pending one, but not before the overlap is over', async () => {
    const { sandbox, app, scene, eventsOf, query } = await start();
    const down = sandbox.injectFault({ endpoint: 'api_ticket', kind: 'reset' });
    await passTime(scene, 19 * MINUTE, MINUTE);
    await passTime(scene, MINUTE + 5 * SECOND, SECOND);
    sandbox.killCredentials();
    down.clear();
    await passTime(scene, 40 * SECOND, SECOND);
    expect(sandbox.calls.accessToken).toBe(2);
    await passTime(scene, 20 * SECOND, SECOND);
    expect(eventsOf('pending-token-refused')).toMatchObject([{ generation: 2, vendorCode: '15' }]);
    expect(sandbox.calls.accessToken).toBe(3);
    expect(app.tickets.status()).toMatchObject({ state: 'fresh' });
    await query();
  });

  it('failed refreshes are repeated after 1 s, doubling to 10 s', async () => {
    const { sandbox, scene, eventsOf } = await start();
    await passTime(scene, 19 * MINUTE, MINUTE);
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
    const { app, scene, eventsOf } = await start({ secret: 'of-another-app' });
    await passTime(scene, 60 * MINUTE, 15 * SECOND);
    const failures = eventsOf('refresh-failed');
    expect(Math.max(...failures.map(({ retryInMs }) => retryInMs))).toBeGreaterThan(4 * MINUTE);
    expect(failures.length).toBeLessThan(30);
    expect(failures.every(({ repeated }) => repeated)).toBe(true);
    // Time goes on: a query waits for the next attempt when that comes soon enough for it.
    const failed = app.ocr.query('order1').catch((error: unknown) => error);
    await passTime(scene, 20 * SECOND, SECOND);
    expect(await failed).toMatchObject({ code: 'NO_VALID_TICKET', actor: 'developer' });
  });
});

/** When the sandbox issued its last token, on the monotonic clock. */
function begunAt(sandbox: KycSandbox, clock: ManualClock): number {
  const last = sandbox
    .journal()
    .findLast(({ endpoint, outcome }) => endpoint === 'access_token' && outcome === 'answered');
  return clock.monotonic() - (clock.now() - last!.at);
}
