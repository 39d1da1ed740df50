import { Fleet } from '../support/fleet.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { SandboxProcess } from '../support/sandbox-process.js';

const PROCESSES = 8;
const CALLERS = 1_000;
const OVERLAP_MS = 3_000;
const INTERVAL_MS = 6_000;

const seconds = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * 1_000));

interface Tally {
  readonly ok: number;
  readonly failed: Readonly<Record<string, number>>;
}

describeWithRedis(`${PROCESSES} processes that share a Redis`, () => {
  let redis: RedisServer;
  let sandbox: SandboxProcess;
  let fleet: Fleet;

  async function start(intervalMs: number, overlapMs: number): Promise<void> {
    sandbox = await SandboxProcess.start({ unknownOrders: 'invent', overlapMs });
    const env = { BANKCARD_OCR_TIMEOUT_MS: '60000' };
    fleet = new Fleet({ sandbox, ticketStore: redis.url, intervalMs, overlapMs, callers: 10, pauseMs: 500, env });
    await fleet.start(PROCESSES);
  }

  const tokenCalls = async (): Promise<number> => (await sandbox.report()).calls.accessToken;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });

  afterEach(async () => {
    await fleet.stop();
    await sandbox.stop();
  });

  afterAll(() => redis[Symbol.asyncDispose]());

  it(`refresh once when ${CALLERS} callers are rejected at once in each of them, and all get their result`, async () => {
    await start(1_200_000, 60_000);
    const before = await tokenCalls();
    await sandbox.killCredentials();
    const tallies = await fleet.ask<Tally>(`burst ${CALLERS}`);
    expect(tallies).toEqual(Array.from({ length: PROCESSES }, () => ({ ok: CALLERS, failed: {} })));
    expect(await tokenCalls()).toBe(before + 1);
    const { misuse, recoveries, rejected } = await sandbox.report();
    expect({ misuse, recoveries }).toEqual({ misuse: [], recoveries: [] });
    expect(rejected).toBeGreaterThanOrEqual(PROCESSES);
    process.stdout.write(`${PROCESSES} x ${CALLERS} callers, ${rejected} rejected, 1 refresh\n`);
  }, 120_000);

  it('refresh at most once an overlap for a request that is always rejected (400101), and no other query suffers', async () => {
    await start(1_200_000, OVERLAP_MS);
    const before = await tokenCalls();
    await sandbox.injectFault({ endpoint: 'getBankCardOcrResult', orderNo: 'bad1', kind: 'code', code: '400101' });
    const overlaps = 4;
    const startedAt = performance.now();
    let tallies: Tally[] = [];
    while (performance.now() - startedAt < overlaps * OVERLAP_MS) tallies = await fleet.ask<Tally>('burst 5 bad1');
    for (const { ok, failed } of tallies) {
      expect(ok).toBe(0);
      expect(Object.keys(failed)).toEqual([expect.stringMatching(/^CREDENTIALS_REJECTED 400101/)]);
    }
    const refreshes = (await tokenCalls()) - before;
    expect(refreshes).toBeGreaterThan(0);
    expect(refreshes).toBeLessThanOrEqual(overlaps + 1);
    const { failed, each } = await fleet.report();
    expect(failed).toEqual({});
    expect(each.map(({ counts }) => counts.foreignRefreshSuspected)).toEqual(each.map(() => 0));
    expect(await sandbox.report()).toMatchObject({ rejected: 0, misuse: [] });
  }, 120_000);

  it('report a foreign program that refreshes every few seconds within one period, and do not fight it', async () => {
    await start(INTERVAL_MS, OVERLAP_MS);
    const before = await tokenCalls();
    const periods = 3;
    let reportedAfterMs = Number.NaN;
    const startedAt = performance.now();
    const reported = Promise.race(fleet.instances.map((instance) => instance.nextLine('foreign '))).then(() => {
      reportedAfterMs = performance.now() - startedAt;
    });
    while (performance.now() - startedAt < periods * INTERVAL_MS) {
      await sandbox.foreignRefresh();
      await seconds(2.5);
    }
    await reported;
    const refreshes = (await tokenCalls()) - before;
    process.stdout.write(
      `foreign refreshes reported after ${Math.round(reportedAfterMs)} ms, ${refreshes} of our own\n`,
    );
    expect(reportedAfterMs).toBeLessThan(INTERVAL_MS);
    // Scheduled ones, and one an overlap.
    expect(refreshes).toBeLessThanOrEqual(periods + 1 + (periods * INTERVAL_MS) / OVERLAP_MS);
    const { failed, each } = await fleet.report();
    expect(Object.keys(failed).filter((code) => !code.startsWith('CREDENTIALS_REJECTED'))).toEqual([]);
    expect(Math.max(...each.map(({ status }) => status.foreignRefreshSuspected))).toBeGreaterThan(0);
    expect((await sandbox.report()).misuse).toEqual([]);
  }, 120_000);
});
