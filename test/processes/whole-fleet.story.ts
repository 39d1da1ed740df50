import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { Fleet } from '../support/fleet.js';
import { itWithRedis, RedisServer } from '../support/redis-server.js';

/** In each process; few, because a slow machine has to serve them all. */
const CALLERS = 4;
/** How often the fleet refreshes by its timers. */
const PERIODS = Number(process.env['PERIODS'] ?? 2);
/** Short, so that nobody waits long for the timers. The vendor's own times are real: an overlap of a minute. */
const INTERVAL_MS = Number(process.env['INTERVAL_MS'] ?? 15_000);

/** Processes that are started alike. */
interface Instances {
  readonly count: number;
  readonly env: Readonly<Record<string, string>>;
}

/** A fleet starts at once, refreshes by its timers, and is restarted one process after the other, under load. */
async function runFleet(ticketStore: string, kinds: readonly Instances[]): Promise<void> {
  await using sandbox = await KycSandbox.start({ unknownOrders: 'invent' });
  const fleet = new Fleet({ sandbox, ticketStore, intervalMs: INTERVAL_MS, preload: ['shifted-clock.preload'] });
  try {
    const served = await Promise.all(kinds.map(({ count, env }) => fleet.start(count, env)));
    expect(served.flat().every((generation) => generation > 0)).toBe(true);
    for (let period = 0; period < PERIODS; period += 1) {
      await fleet.ask(`call ${CALLERS}`);
      const [first] = (await fleet.report()).each;
      const next = (first!.status.generation ?? 0) + 1;
      // The last one sees to it that every process is replaced once, while the others go on.
      if (period === PERIODS - 1) {
        for (const instance of [...fleet.instances]) {
          expect(await fleet.replace(instance)).toBeGreaterThan(0);
          expect(instance.process.signalCode).toBe('SIGTERM');
          await fleet.ask(`call ${CALLERS}`, fleet.instances.slice(-1));
        }
      }
      await fleet.until(({ status }) => (status.generation ?? 0) >= next);
      await fleet.served(CALLERS);
      await fleet.ask('calm');
    }
    const generation = await atRest(fleet, sandbox);
    const { ok, failed } = await fleet.report();
    process.stdout.write(`${ticketStore.split(':')[0]}: ${ok} queries, ${generation} generations\n`);
    expect(failed).toEqual({});
    expect(sandbox.rejected).toBe(0);
    expect(sandbox.violations()).toEqual([]);
    // Each token got its SIGN ticket.
    expect(sandbox.calls.signTicket).toBe(sandbox.calls.accessToken);
  } finally {
    await fleet.stop();
  }
}

/** Wait until all use the same generation; there has been one refresh for each. @returns its number */
async function atRest(fleet: Fleet, sandbox: KycSandbox): Promise<number> {
  for (;;) {
    const generation = await fleet.atRest();
    const { accessToken, apiTicket } = sandbox.calls;
    const { each } = await fleet.report();
    // A timer may have begun the next refresh meanwhile: then once more.
    const isNewer = each.some(({ status }) => status.refreshing || status.generation !== generation);
    if (isNewer || sandbox.inFlight > 0) continue;
    expect({ accessToken, apiTicket }).toEqual({ accessToken: generation, apiTicket: generation });
    return generation;
  }
}

const HOUR_MS = 3_600_000;
const READER: Instances = { count: 1, env: { BANKCARD_OCR_ROLE: 'reader' } };

describe('processes under load that refresh by their timers and are restarted one by one (SIGTERM)', () => {
  it('refresh once for each generation on a file, never two at a time, and no query is rejected', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tickets-'));
    await runFleet(`file:${directory}`, [{ count: 4, env: {} }, READER]);
    await rm(directory, { recursive: true, force: true });
  });

  itWithRedis('do so on Redis, though their wall clocks are four hours apart when they start', async () => {
    await using redis = await RedisServer.start();
    const shifted = (hours: number) => ({ count: 2, env: { SHIFT_MS: String(hours * HOUR_MS) } });
    await runFleet(process.env['REDIS_URL'] ?? redis.url, [shifted(2), shifted(-2), READER]);
  });
});
