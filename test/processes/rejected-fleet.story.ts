import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { Fleet, type Tally } from '../support/fleet.js';
import { itWithRedis, RedisServer } from '../support/redis-server.js';

const PROCESSES = 4;
const QUERIES = 40;

/**
 * All tickets die at once while one process is stopped. The others are rejected, with many callers each; the stopped one
 * wakes up with a ticket that is dead.
 */
async function rejectAll(ticketStore: string): Promise<void> {
  await using sandbox = await KycSandbox.start({ unknownOrders: 'invent', clock: new ManualClock() });
  const fleet = new Fleet({ sandbox, ticketStore });
  try {
    await fleet.start(PROCESSES);
    const [sleeper, ...awake] = fleet.instances;
    expect(await fleet.atRest()).toBe(1);
    sleeper!.process.kill('SIGSTOP');
    sandbox.killCredentials();
    const all = { ok: QUERIES, failed: {} };
    expect(await fleet.ask<Tally>(`burst ${QUERIES}`, awake)).toEqual(awake.map(() => all));
    expect(sandbox.calls).toMatchObject({ accessToken: 2, apiTicket: 2 });
    sleeper!.process.kill('SIGCONT');
    expect(await fleet.ask<Tally>(`burst ${QUERIES}`, [sleeper!])).toEqual([all]);
    expect(await fleet.atRest()).toBe(2);
    expect(sandbox.calls).toMatchObject({ accessToken: 2, apiTicket: 2 });
    expect(sandbox.rejected).toBeGreaterThanOrEqual(awake.length);
    expect(sandbox.violations()).toEqual([]);
  } finally {
    await fleet.stop();
  }
}

describe(`${PROCESSES} processes whose tickets all die at once, one of which is stopped meanwhile`, () => {
  it('refresh once on a file, and every caller gets its result', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tickets-'));
    await rejectAll(`file:${directory}`);
    await rm(directory, { recursive: true, force: true });
  });

  itWithRedis('refresh once on Redis, and every caller gets its result', async () => {
    await using redis = await RedisServer.start();
    await rejectAll(process.env['REDIS_URL'] ?? redis.url);
  });
});
