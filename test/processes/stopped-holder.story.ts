import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { itWithRedis, RedisServer } from '../support/redis-server.js';
import { Refreshers } from '../support/refreshers.js';

const PROCESSES = 3;
const STOPS = Number(process.env['STOPS'] ?? 1);

const PHASES = [
  // It wakes up with a call that it may no longer make. Should that have gone out all the same, one refresh heals it.
  { phase: 'asking', what: 'before its vendor call', atLeast: 1, atMost: 3 },
  // Its token and that of the process that took over, and nearly always one refresh more, because they may end each other.
  { phase: 'issued', what: 'with a token that is not stored', atLeast: 2, atMost: 3 },
] as const;

/** Stop one of several processes in the middle of its refresh; it goes on when the others have done it instead. */
async function stopIn({ phase, what, atLeast, atMost }: (typeof PHASES)[number], ticketStore: string): Promise<void> {
  await using fleet = await Refreshers.start(ticketStore, PROCESSES);
  const [stopped] = fleet.workers;
  const reached = stopped!.nextLine(`in ${phase}`);
  stopped!.tell(`hold ${phase}`);
  stopped!.tell('refresh');
  await reached;
  stopped!.process.kill('SIGSTOP');
  // They do not get the lease before it has lapsed.
  await fleet.refreshAllBut(stopped!);
  stopped!.tell('go');
  stopped!.process.kill('SIGCONT');
  const { failed, rejected, misuse } = await fleet.judge();
  expect([what, { failed, rejected, misuse }]).toEqual([what, { failed: 0, rejected: 0, misuse: [] }]);
  const issued = fleet.issued - 1;
  process.stdout.write(`stopped ${what}: ${issued} tokens until all was well again\n`);
  expect(issued).toBeGreaterThanOrEqual(atLeast);
  expect(issued).toBeLessThanOrEqual(atMost);
}

async function stopInEveryPhase(ticketStore: string): Promise<void> {
  for (let stop = 0; stop < STOPS; stop += 1) await Promise.all(PHASES.map((phase) => stopIn(phase, ticketStore)));
}

describe('a process that refreshes and is stopped for longer than its lease (SIGSTOP)', () => {
  it('does no harm on a file when it goes on (SIGCONT): all use the newest, and no query fails', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tickets-'));
    await stopInEveryPhase(`file:${directory}`);
    await rm(directory, { recursive: true, force: true });
  });

  itWithRedis('does no harm on Redis when it goes on (SIGCONT): all use the newest, and no query fails', async () => {
    await using redis = await RedisServer.start();
    await stopInEveryPhase(process.env['REDIS_URL'] ?? redis.url);
  });
});
