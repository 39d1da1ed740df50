import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fleet } from '../support/fleet.js';
import { RedisServer, storiesOfRedis } from '../support/redis-server.js';
import { SandboxProcess } from '../support/sandbox-process.js';

const PROCESSES = 8;
const CALLERS = 200;
const PERIODS = Number(process.env['PERIODS'] ?? 5);
/** The vendor's minute, hour and two hours, twenty times faster. */
const OVERLAP_MS = 3_000;
const TICKET_LIFE_MS = 180_000;
const TOKEN_LIFE_MS = 360_000;
/** One and a half overlaps; in the soak the 20 minutes that the vendor advises, twenty times faster. */
const INTERVAL_MS = Number(process.env['INTERVAL_MS'] ?? 4_500);
/** Jitter, and ages that are taken for longer than they are by the time that Redis took to tell, bring a refresh forward. */
const LEAST_INTERVAL_MS = INTERVAL_MS * 0.9;

async function runFleet(ticketStore: string): Promise<void> {
  const sandbox = await SandboxProcess.start({
    ...{ unknownOrders: 'invent', overlapMs: OVERLAP_MS, ticketLifeMs: TICKET_LIFE_MS, tokenLifeMs: TOKEN_LIFE_MS },
    minRefreshIntervalMs: LEAST_INTERVAL_MS,
  });
  const settings = { sandbox, ticketStore, intervalMs: INTERVAL_MS, overlapMs: OVERLAP_MS };
  const fleet = new Fleet({ ...settings, callers: CALLERS, pauseMs: 8_000 });
  try {
    const served = await fleet.start(PROCESSES);
    const { accessToken: before } = (await sandbox.report()).calls;
    await new Promise((resolve) => setTimeout(resolve, PERIODS * INTERVAL_MS));
    const report = await sandbox.report();
    const { ok, failed, each } = await fleet.report();
    const slowest = Math.round(Math.max(...fleet.noticedAfterMs()));
    const refreshes = report.calls.accessToken - before;
    process.stdout.write(
      `${ticketStore.split(':')[0]}: ${ok} queries of ${PROCESSES} x ${CALLERS} callers, ${refreshes} refreshes in ${PERIODS} ` +
        `periods, everybody knew after ${slowest} ms\n`,
    );
    expect(served.every((generation) => generation > 0)).toBe(true);
    expect(failed).toEqual({});
    // Every caller at least once.
    expect(each.every((instance) => instance.ok >= CALLERS)).toBe(true);
    expect(report).toMatchObject({ rejected: 0, misuse: [], recoveries: [] });
    expect(report.calls.apiTicket).toBe(report.calls.accessToken);
    // One a period, and up to one more for the jitter and for where the window lies.
    expect(refreshes).toBeGreaterThanOrEqual(PERIODS - 1);
    expect(refreshes).toBeLessThanOrEqual(PERIODS + 1);
    expect(slowest).toBeLessThanOrEqual(OVERLAP_MS / 6);
  } finally {
    await fleet.stop();
    await sandbox.stop();
  }
}

const TIME_LIMIT_MS = PERIODS * INTERVAL_MS + 120_000;

// Both at once: most of the time they wait.
describe(`${PROCESSES} processes with ${CALLERS} callers each`, () => {
  it.concurrent(
    'that share a file refresh once a period, and no query is ever rejected',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'tickets-'));
      try {
        await runFleet(`file:${directory}`);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
    TIME_LIMIT_MS,
  );

  (storiesOfRedis ? it.concurrent : it.skip)(
    'that share a Redis refresh once a period, and no query is ever rejected',
    async () => {
      await using redis = await RedisServer.start();
      await runFleet(process.env['REDIS_URL'] ?? redis.url);
    },
    TIME_LIMIT_MS,
  );
});
