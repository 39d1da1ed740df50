import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { Refreshers } from '../support/refreshers.js';

const OVERLAP_MS = 3_000;
/** Longer than the lease, which is a third of the overlap. */
const STOPPED_MS = 2_200;
const ROUNDS = Number(process.env['STOPS'] ?? 2);

const PHASES = [
  // It wakes up with a call that it may no longer make. Should that have gone out all the same, one refresh heals it.
  { phase: 'asking', what: 'before its vendor call', atLeast: 1, atMost: 3 },
  // Its token and that of whoever took over end each other: one refresh more.
  { phase: 'issued', what: 'with a token that nobody has stored', atLeast: 3, atMost: 3 },
] as const;

async function stopIn({ phase, what, atLeast, atMost }: (typeof PHASES)[number], ticketStore: string): Promise<void> {
  await using fleet = await Refreshers.start({ ticketStore, processes: 3, overlapMs: OVERLAP_MS, intervalMs: 6_000 });
  for (let round = 0; round < ROUNDS; round += 1) {
    const stopped = await fleet.nextIn(phase);
    const before = fleet.issued - (phase === 'issued' ? 1 : 0);
    const taken = fleet.adoptedByAllBut(stopped);
    stopped.process.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
    await taken;
    stopped.process.kill('SIGCONT');
    // An overlap and a half: what one of them holds wrongly would be dead by then.
    await new Promise((resolve) => setTimeout(resolve, OVERLAP_MS * 1.5));
    const issued = fleet.issued - before;
    process.stdout.write(`stopped ${what}: ${issued} tokens until all was well again\n`);
    expect(issued).toBeGreaterThanOrEqual(atLeast);
    expect(issued).toBeLessThanOrEqual(atMost);
  }
  const { failed, rejected, misuse } = await fleet.stop();
  expect([what, { failed, rejected, misuse }]).toEqual([what, { failed: 0, rejected: 0, misuse: [] }]);
}

describeWithRedis('a process that refreshes and is stopped for longer than its lease (SIGSTOP)', () => {
  it(
    'is healed by one refresh after it goes on (SIGCONT), and no query fails',
    async () => {
      await using redis = await RedisServer.start();
      await Promise.all(PHASES.map((phase) => stopIn(phase, redis.url)));
    },
    30_000 + ROUNDS * 20_000,
  );
});
