import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { itWithRedis, RedisServer } from '../support/redis-server.js';
import { Refreshers } from '../support/refreshers.js';

const PROCESSES = 3;
/** In each phase, on each store. */
const KILLS = Number(process.env['KILLS'] ?? 1);

/** Where the holder of the lease is when it is killed, and how many tokens the vendor has issued when that is healed. */
const PHASES = [
  { phase: 'lease', what: 'before it marks that it asks', issued: 1 },
  { phase: 'asking', what: 'before its vendor call', issued: 1 },
  { phase: 'vendor-call', what: 'during its vendor call', issued: 1 },
  { phase: 'issued', what: 'after the vendor issued a token that is not stored', issued: 2 },
] as const;

type Phase = (typeof PHASES)[number];

/** Kill one of several processes in the middle of its refresh; the others do it instead. */
async function killIn({ phase, issued, what }: Phase, ticketStore: string): Promise<void> {
  await using fleet = await Refreshers.start(ticketStore, PROCESSES);
  const { sandbox } = fleet;
  const [victim] = fleet.workers;
  // A call can only be interrupted before the vendor carries it out when it hangs.
  if (phase === 'vendor-call') sandbox.injectFault({ endpoint: 'access_token', kind: 'hang', times: 1 });
  const reached = victim!.nextLine(`in ${phase}`);
  victim!.tell(`hold ${phase}`);
  victim!.tell('refresh');
  await reached;
  while (phase === 'vendor-call' && sandbox.inFlight === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const healed = fleet.adoptedByAllBut(victim!);
  await fleet.kill(victim!);
  // From its mark on, the others finish what it has begun without being told.
  if (phase === 'lease') await fleet.refreshAllBut(victim!);
  await healed;
  expect(await fleet.judge()).toEqual({ failed: 0, rejected: 0, misuse: [] });
  expect([what, fleet.issued]).toEqual([what, 1 + issued]);
  // What is stored is what they use.
  expect(await fleet.join()).toBe(await fleet.atRest());
  expect(fleet.issued).toBe(1 + issued);
}

async function killInEveryPhase(ticketStore: string): Promise<void> {
  for (let kill = 0; kill < KILLS; kill += 1) {
    await Promise.all(PHASES.map((phase) => killIn(phase, ticketStore)));
  }
}

describe('kill -9 of the process that refreshes', () => {
  it('is healed by another one on a file, and no query fails', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tickets-'));
    await killInEveryPhase(`file:${directory}`);
    await rm(directory, { recursive: true, force: true });
  });

  itWithRedis('is healed by another one on Redis, and no query fails', async () => {
    await using redis = await RedisServer.start();
    await killInEveryPhase(process.env['REDIS_URL'] ?? redis.url);
  });
});
