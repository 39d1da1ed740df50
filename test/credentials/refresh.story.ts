import { MINUTE, SECOND, start, stop } from '../support/moved-time.js';
import { passTime } from '../support/passing-time.js';

afterEach(stop);

describe('the refresh', () => {
  it('runs every 20 minutes, token and ticket together, while nobody queries and while somebody does', async () => {
    const { sandbox, app, scene, query } = await start();
    sandbox.configure({ minRefreshIntervalMs: 19 * MINUTE });
    await passTime(scene, 60 * MINUTE, 30 * SECOND);
    await passTime(scene, 65 * MINUTE, 30 * SECOND, query);
    // 125 minutes by intervals of 20, each up to 2 % shorter.
    expect(sandbox.calls).toMatchObject({ accessToken: 7, apiTicket: 7 });
    expect(sandbox.violations()).toEqual([]);
    expect(sandbox.rejected).toBe(0);
    expect(app.tickets.status()).toMatchObject({ state: 'fresh', generation: 7, refreshing: false });
  });

  it('does not hold the start up, nor fails it, when the vendor hangs', async () => {
    const { app } = await start({}, (sandbox) => void sandbox.injectFault({ endpoint: 'all', kind: 'hang' }));
    expect(app.tickets.status()).toMatchObject({ state: 'none', everObtained: false, refreshing: true });
    expect(app.tickets.peek()).toBeUndefined();
  });

  it('a wall clock that is set back changes nothing for a process that runs, and one set ahead costs one refresh at most', async () => {
    const { clock, sandbox, scene, query } = await start();
    await passTime(scene, 5 * MINUTE, MINUTE, query);
    clock.shiftWallClock(-3 * 60 * MINUTE);
    await passTime(scene, 5 * MINUTE, MINUTE, query);
    expect(sandbox.calls.accessToken).toBe(1);
    clock.shiftWallClock(9 * 60 * MINUTE);
    await passTime(scene, 15 * MINUTE, MINUTE, query);
    expect(sandbox.calls.accessToken).toBe(2);
    await passTime(scene, 15 * MINUTE, MINUTE, query);
    expect(sandbox.calls.accessToken).toBe(3);
    expect(sandbox.rejected).toBe(0);
  });

  it('a machine that was suspended, so that its monotonic clock stood still, has fresh credentials soon', async () => {
    const { clock, sandbox, app, scene, query } = await start();
    await passTime(scene, 5 * MINUTE, 5 * SECOND);
    sandbox.killCredentials();
    clock.shiftWallClock(8 * 60 * MINUTE);
    await passTime(scene, 10 * SECOND, SECOND);
    expect(sandbox.calls.accessToken).toBe(2);
    await query();
    expect(sandbox.rejected).toBe(0);
    expect(app.tickets.status()).toMatchObject({ generation: 2, state: 'fresh', foreignRefreshSuspected: 0 });
  });

  it.each([
    ['in the past', '20200101000000'],
    ['far away', '20990101000000'],
    ['rubbish', 'soon'],
  ])('never judges by expire_time: %s', async (_what, expireTime) => {
    const { sandbox, scene, query } = await start();
    sandbox.injectFault({
      endpoint: 'auth',
      kind: 'answer',
      rewrite: (json) =>
        JSON.parse(JSON.stringify(json, (key, value: unknown) => (key === 'expire_time' ? expireTime : value))),
    });
    await passTime(scene, 41 * MINUTE, MINUTE, query);
    expect(sandbox.calls).toMatchObject({ accessToken: 3, apiTicket: 3 });
    expect(sandbox.rejected).toBe(0);
  });

  it('follows expire_in when the vendor gives shorter lives than documented', async () => {
    const { sandbox, scene, query } = await start();
    sandbox.configure({ tokenLifeMs: 10 * MINUTE, ticketLifeMs: 5 * MINUTE });
    await passTime(scene, 16 * MINUTE, 15 * SECOND, query);
    expect(sandbox.rejected).toBe(0);
  });
});
