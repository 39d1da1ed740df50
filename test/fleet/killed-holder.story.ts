import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { Refreshers, type RefresherSettings } from '../support/refreshers.js';

/** In each of the four phases. */
const KILLS = Number(process.env['KILLS'] ?? 6);
const FILE_KILLS = Number(process.env['KILLS'] ?? 2);
/** Twenty times faster than the vendor. */
const FAST = { processes: 4, overlapMs: 3_000, intervalMs: 2_500 };
/** From the death of the holder until everybody has what came instead. */
const TAKE_OVER_MS = 5_000;

/** Where the holder of the lease is when it is killed, and how many tokens the vendor has issued when that is healed. */
const PHASES = [
  { phase: 'lease', what: 'before it marks that it asks', issued: 1 },
  { phase: 'asking', what: 'before its vendor call', issued: 1 },
  { phase: 'vendor-call', what: 'during its vendor call', issued: 1 },
  { phase: 'issued', what: 'after the vendor issued a token that nobody stored', issued: 2 },
] as const;

type Phase = (typeof PHASES)[number];

/** Kill whoever comes into the phase next. @returns ms until all others have what came instead */
async function killOne(fleet: Refreshers, { phase, issued, what }: Phase): Promise<number> {
  const { sandbox } = fleet;
  // A call can only be interrupted before the vendor carries it out when it hangs.
  const hanging = phase === 'vendor-call';
  if (hanging) sandbox.injectFault({ endpoint: 'access_token', kind: 'hang', times: 1 });
  const victim = await fleet.nextIn(phase);
  const before = fleet.issued - (phase === 'issued' ? 1 : 0);
  while (hanging && sandbox.inFlight === 0) await new Promise((resolve) => setImmediate(resolve));
  const healed = fleet.adoptedByAllBut(victim);
  const killedAt = performance.now();
  await victim.kill();
  fleet.forget(victim);
  await healed;
  const tookMs = performance.now() - killedAt;
  expect([what, fleet.issued - before]).toEqual([what, issued]);
  await fleet.join();
  return tookMs;
}

async function killIn(phase: Phase, settings: RefresherSettings, kills: number): Promise<number> {
  await using fleet = await Refreshers.start(settings);
  let slowest = 0;
  for (let kill = 0; kill < kills; kill += 1) slowest = Math.max(slowest, await killOne(fleet, phase));
  const report = await fleet.stop();
  process.stdout.write(`killed ${phase.what} ${kills} times: healed within ${Math.round(slowest)} ms\n`);
  const recoveries = phase.issued === 2 ? kills : 0;
  expect([phase.what, report]).toEqual([phase.what, { failed: 0, rejected: 0, misuse: [], recoveries }]);
  return slowest;
}

async function killInEveryPhase(settings: RefresherSettings, kills: number): Promise<number> {
  return Math.max(...(await Promise.all(PHASES.map((phase) => killIn(phase, settings, kills)))));
}

describeWithRedis('kill -9 of the process that refreshes, on Redis', () => {
  it(
    `is healed by another one, ${KILLS * PHASES.length} times, and no query fails`,
    async () => {
      await using redis = await RedisServer.start();
      const slowest = await killInEveryPhase({ ...FAST, ticketStore: process.env['REDIS_URL'] ?? redis.url }, KILLS);
      expect(slowest).toBeLessThan(TAKE_OVER_MS);
    },
    30_000 + KILLS * 10_000,
  );

  it('is healed within 5 s at the speed of the vendor', async () => {
    await using redis = await RedisServer.start();
    const settings = { ...FAST, ticketStore: redis.url, overlapMs: 60_000, intervalMs: 4_000 };
    expect(await killInEveryPhase(settings, 1)).toBeLessThan(TAKE_OVER_MS);
  }, 60_000);
});

describe('kill -9 of the process that refreshes, on a file', () => {
  it(
    `is healed by another one, ${FILE_KILLS * PHASES.length} times, and no query fails`,
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'tickets-'));
      const slowest = await killInEveryPhase({ ...FAST, ticketStore: `file:${directory}` }, FILE_KILLS);
      expect(slowest).toBeLessThan(TAKE_OVER_MS);
      rmSync(directory, { recursive: true, force: true });
    },
    30_000 + FILE_KILLS * 10_000,
  );
});
