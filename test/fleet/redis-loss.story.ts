import { Redis } from 'ioredis';
import { Fleet } from '../support/fleet.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { SandboxProcess } from '../support/sandbox-process.js';
import { TcpSwitch } from '../support/tcp-switch.js';

const PROCESSES = 8;
/** The vendor's minute, hour, two hours, and half an hour, twenty times faster. */
const LIVES = { overlapMs: 3_000, ticketLifeMs: 180_000, tokenLifeMs: 360_000 };
const OUTAGE_MS = Number(process.env['OUTAGE_MS'] ?? 90_000);
const CALLERS = { callers: 20, pauseMs: 500 };

const seconds = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * 1_000));

/** A fleet on a Redis behind a switch, and the vendor that judges it. */
class Scene implements AsyncDisposable {
  private constructor(
    readonly redis: RedisServer,
    readonly way: TcpSwitch,
    readonly sandbox: SandboxProcess,
    readonly fleet: Fleet,
  ) {}

  static async start(intervalMs: number, ...redisSettings: string[]): Promise<Scene> {
    const redis = await RedisServer.start(...redisSettings);
    const way = await TcpSwitch.start(redis.port);
    const sandbox = await SandboxProcess.start({ unknownOrders: 'invent', ...LIVES });
    const ticketStore = `redis://127.0.0.1:${way.port}/0`;
    const fleet = new Fleet({ sandbox, ticketStore, intervalMs, overlapMs: LIVES.overlapMs, ...CALLERS });
    await fleet.start(PROCESSES);
    return new Scene(redis, way, sandbox, fleet);
  }

  async tokenCalls(): Promise<number> {
    return (await this.sandbox.report()).calls.accessToken;
  }

  /** Wait until a refresh has just been done, and everybody knows. @returns how many there have been */
  async refreshed(): Promise<number> {
    const before = await this.tokenCalls();
    while ((await this.tokenCalls()) === before) await seconds(0.1);
    while ((await this.generations()).join() !== `${before + 1}`) await seconds(0.1);
    return before + 1;
  }

  /** The numbers of the generations that are in use, one entry for each that differs in number or id. */
  async generations(): Promise<string[]> {
    const { each } = await this.fleet.report();
    const ids = new Map(each.map(({ status }) => [status.generationId, String(status.generation)]));
    return [...ids.values()];
  }

  async expectNoHarm(): Promise<void> {
    const { ok, failed } = await this.fleet.report();
    expect(failed).toEqual({});
    expect(ok).toBeGreaterThan(PROCESSES * CALLERS.callers);
    expect(await this.sandbox.report()).toMatchObject({ rejected: 0, misuse: [], recoveries: [] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet.stop();
    await this.sandbox.stop();
    await this.way[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
  }
}

/** The number of the first generation that comes into an empty Redis. */
async function generationPutBack(port: number, appId: string): Promise<number> {
  const client = new Redis(port);
  let record: string | null = null;
  while (record === null) record = await client.hget(`bankcard-ocr:{${appId}}:record`, 'record');
  client.disconnect();
  return (JSON.parse(record) as { current: { number: number } }).current.number;
}

describeWithRedis('a fleet whose Redis', () => {
  it(
    'is gone for half an hour serves what is valid, and refreshes once when it is back',
    async () => {
      await using scene = await Scene.start(60_000, '--appendonly', 'yes');
      await scene.redis.stop();
      await seconds(OUTAGE_MS / 1_000);
      expect(await scene.tokenCalls()).toBe(1);
      await scene.redis.startAgain();
      await seconds(5);
      expect(await scene.tokenCalls()).toBe(2);
      expect(await scene.generations()).toEqual(['2']);
      await seconds(4);
      expect(await scene.tokenCalls()).toBe(2);
      await scene.expectNoHarm();
    },
    OUTAGE_MS + 60_000,
  );

  it('stands still for a while serves what is valid, and refreshes once when it goes on', async () => {
    await using scene = await Scene.start(8_000);
    const before = await scene.refreshed();
    scene.redis.pause();
    await seconds(15);
    expect(await scene.tokenCalls()).toBe(before);
    scene.redis.resume();
    await seconds(4);
    expect(await scene.tokenCalls()).toBe(before + 1);
    expect(await scene.generations()).toHaveLength(1);
    await scene.expectNoHarm();
  }, 60_000);

  it.each([
    ['is restarted and comes back empty', 'restart'],
    ['fails over to an empty replica', 'failover'],
  ])(
    '%s puts back what it holds, counts on, and refreshes when that is due',
    async (_what, how) => {
      await using scene = await Scene.start(8_000);
      await using replica = await RedisServer.start();
      const before = await scene.refreshed();
      if (how === 'restart') {
        await scene.redis.stop();
        await scene.redis.startAgain();
      } else scene.way.switchTo(replica.port);
      const { port } = how === 'restart' ? scene.redis : replica;
      expect(await generationPutBack(port, scene.sandbox.appId)).toBe(before);
      expect(await scene.tokenCalls()).toBe(before);
      expect(await scene.generations()).toEqual([String(before)]);
      // Numbers and calls count on together: nobody has refreshed on the side.
      expect(await scene.refreshed()).toBe(before + 1);
      await scene.expectNoHarm();
    },
    60_000,
  );
});
