import { Fleet } from '../support/fleet.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { SandboxProcess } from '../support/sandbox-process.js';

const HOUR_MS = 3_600_000;
/** Twenty times faster than the vendor. */
const LIVES = { overlapMs: 3_000, ticketLifeMs: 180_000, tokenLifeMs: 360_000 };
const INTERVAL_MS = 6_000;
const PERIODS = 4;

const seconds = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * 1_000));

describeWithRedis('a fleet on Redis', () => {
  it('of processes whose clocks are up to four hours apart refreshes once a period, and nothing is rejected', async () => {
    await using redis = await RedisServer.start();
    const minRefreshIntervalMs = INTERVAL_MS * 0.9;
    const sandbox = await SandboxProcess.start({ unknownOrders: 'invent', ...LIVES, minRefreshIntervalMs });
    const settings = { sandbox, ticketStore: redis.url, intervalMs: INTERVAL_MS, overlapMs: LIVES.overlapMs };
    const fleet = new Fleet({ ...settings, callers: 20, pauseMs: 1_000, preload: ['shifted-clock.preload'] });
    try {
      for (const hours of [2, -2, 0]) await fleet.start(hours === 0 ? 2 : 3, { SHIFT_MS: String(hours * HOUR_MS) });
      const before = (await sandbox.report()).calls.accessToken;
      await seconds((PERIODS * INTERVAL_MS) / 1_000);
      const report = await sandbox.report();
      expect(report.calls.accessToken - before).toBeGreaterThanOrEqual(PERIODS - 1);
      expect(report.calls.accessToken - before).toBeLessThanOrEqual(PERIODS + 1);
      expect(report).toMatchObject({ rejected: 0, misuse: [], recoveries: [] });
      expect((await fleet.report()).failed).toEqual({});
      expect(Math.max(...fleet.noticedAfterMs())).toBeLessThanOrEqual(LIVES.overlapMs / 6);
    } finally {
      await fleet.stop();
      await sandbox.stop();
    }
  }, 90_000);

  it('never uses credentials of the old secret once that is changed, also while the old instances still run', async () => {
    await using redis = await RedisServer.start();
    const sandbox = await SandboxProcess.start({ unknownOrders: 'invent', ...LIVES });
    const settings = { ticketStore: redis.url, intervalMs: INTERVAL_MS, overlapMs: LIVES.overlapMs };
    const outdated = new Fleet({ ...settings, sandbox });
    const { appId, url } = sandbox;
    const startedAt = performance.now();
    await outdated.start(4);
    const secret = await sandbox.changeSecret();
    const fleet = new Fleet({ ...settings, sandbox: { appId, url, secret }, callers: 20, pauseMs: 1_000 });
    try {
      await fleet.start(4);
      await seconds(2 * (INTERVAL_MS / 1_000));
      // The outdated ones have callers only now, and are rejected; they must not harm the others by it.
      expect((await sandbox.report()).rejected).toBe(0);
      await outdated.ask('burst 20');
      await seconds(INTERVAL_MS / 1_000);
      const { failed, each } = await fleet.report();
      expect(failed).toEqual({});
      expect(each.map(({ counts }) => counts.rejected)).toEqual([0, 0, 0, 0]);
      const { calls, misuse } = await sandbox.report();
      expect(misuse).toEqual([]);
      // One at the start of each fleet and one a period; those with the old secret are refused and not counted here.
      const periods = Math.ceil((performance.now() - startedAt) / INTERVAL_MS);
      expect(calls.codes.access_token['0']).toBeLessThanOrEqual(2 + periods);
    } finally {
      await outdated.stop();
      await fleet.stop();
      await sandbox.stop();
    }
  }, 90_000);
});
