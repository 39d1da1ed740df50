import { Redis } from 'ioredis';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { Fleet, type Tally } from '../support/fleet.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { TcpSwitch } from '../support/tcp-switch.js';

const PROCESSES = 4;
const CALLERS = 3;
/** So many results of each process are proof that it goes on serving. */
const MORE = 3 * CALLERS;
const OVERLAP_MS = 60_000;
/** How often each of the troubles comes. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 1);

/** A fleet under load on a Redis behind a switch, and a vendor whose clock stands, so that nothing dies by itself. */
class Scene implements AsyncDisposable {
  private constructor(
    readonly redis: RedisServer,
    readonly way: TcpSwitch,
    readonly clock: ManualClock,
    readonly sandbox: KycSandbox,
    readonly fleet: Fleet,
  ) {}

  static async start(...redisSettings: string[]): Promise<Scene> {
    const redis = await RedisServer.start(...redisSettings);
    const way = await TcpSwitch.start(redis.port);
    const clock = new ManualClock();
    const sandbox = await KycSandbox.start({ unknownOrders: 'invent', overlapMs: OVERLAP_MS, clock });
    const fleet = new Fleet({ sandbox, ticketStore: `redis://127.0.0.1:${way.port}/0` });
    await fleet.start(PROCESSES);
    await fleet.ask(`call ${CALLERS}`);
    return new Scene(redis, way, clock, sandbox, fleet);
  }

  /** What an empty Redis got back is what everybody holds, and the vendor was not asked for it. */
  async expectWrittenBack(port: number): Promise<void> {
    const held = (await this.fleet.report()).each.map(({ status }) => status.generationId);
    const putBack = await generationPutBack(port, this.sandbox.appId);
    expect(held).toEqual(held.map(() => putBack.id));
    expect(this.sandbox.calls).toMatchObject({ accessToken: putBack.number, apiTicket: putBack.number });
    await this.fleet.served(MORE);
  }

  /** Let one process ask for a refresh, and wait until all have what has come of it. */
  async refresh(): Promise<void> {
    const [{ status } = { status: { generation: 0 } }] = (await this.fleet.report()).each;
    await this.fleet.ask('refresh', this.fleet.instances.slice(0, 1));
    await this.fleet.until((report) => (report.status.generation ?? 0) > (status.generation ?? 0));
  }

  /** At rest, with nothing alive at the vendor but the newest: every process has that, and no query has failed. */
  async expectNoHarm(): Promise<void> {
    const { fleet, clock, sandbox } = this;
    const generation = await fleet.atRest();
    expect(sandbox.calls).toMatchObject({ accessToken: generation, apiTicket: generation });
    clock.advance(OVERLAP_MS + 1);
    const afterwards = await fleet.ask<Tally>(`burst ${CALLERS}`);
    expect(afterwards).toEqual(fleet.instances.map(() => ({ ok: CALLERS, failed: {} })));
    expect((await fleet.report()).failed).toEqual({});
    expect(sandbox.rejected).toBe(0);
    expect(sandbox.violations()).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.redis.resume();
    await this.fleet.stop();
    await this.sandbox.stop();
    await this.way[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
  }
}

/** The first generation that comes into an empty Redis. */
async function generationPutBack(port: number, appId: string): Promise<{ number: number; id: string }> {
  const client = new Redis(port);
  let record: string | null = null;
  while (record === null) record = await client.hget(`bankcard-ocr:{${appId}}:record`, 'record');
  client.disconnect();
  return (JSON.parse(record) as { current: { number: number; id: string } }).current;
}

describeWithRedis('a fleet whose Redis', () => {
  it('is killed while a refresh is wanted serves what it holds, and refreshes once when Redis is back', async () => {
    await using scene = await Scene.start('--appendonly', 'yes');
    const { redis, fleet, sandbox } = scene;
    await redis.stop();
    await fleet.ask('refresh', fleet.instances.slice(0, 1));
    await fleet.until(({ storeFailed }) => storeFailed > 0);
    await fleet.served(MORE);
    expect(sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1 });
    await redis.startAgain();
    await fleet.until(({ status }) => status.generation === 2);
    await scene.expectNoHarm();
  });

  it('stands still (SIGSTOP) while a refresh is wanted serves what it holds, and refreshes once when it goes on', async () => {
    await using scene = await Scene.start();
    const { redis, fleet, sandbox } = scene;
    redis.pause();
    await fleet.ask('refresh', fleet.instances.slice(0, 1));
    await fleet.until(({ storeFailed }) => storeFailed > 0);
    await fleet.served(MORE);
    expect(sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1 });
    redis.resume();
    await fleet.until(({ status }) => status.generation === 2);
    await scene.expectNoHarm();
  });

  it('is restarted empty, is flushed, and fails over to an empty replica loses neither a query nor a refresh', async () => {
    await using scene = await Scene.start();
    await using replica = await RedisServer.start();
    const { redis, way } = scene;
    for (let round = 0; round < ROUNDS; round += 1) {
      await redis.stop();
      await redis.startAgain();
      await scene.expectWrittenBack(redis.port);

      const admin = new Redis(redis.port);
      await admin.flushall();
      admin.disconnect();
      await scene.expectWrittenBack(redis.port);

      way.switchTo(replica.port);
      await scene.expectWrittenBack(replica.port);
      way.switchTo(redis.port);
    }
    await scene.refresh();
    await scene.expectNoHarm();
  });
});
