import { Redis } from 'ioredis';
import { Fleet } from '../support/fleet.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { SandboxProcess } from '../support/sandbox-process.js';
import { TcpSwitch } from '../support/tcp-switch.js';

const PROCESSES = 8;
/** The vendor's minute, hour, two hours, and half an hour, twenty times faster. */
const LIVES = { overlapMs: 3_000, ticketLifeMs: 180_000, tokenLifeMs: 360_000 };
const OUTAGE_MS = Number(process.env['OUTAGE_MS'] ?? 45_000);
const CALLERS = { callers: 10, pauseMs: 1_000 };

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

  /** What an empty Redis got back is what everybody holds, and nobody has asked the vendor for it. */
  async expectWrittenBack(port: number, generation: number): Promise<void> {
    expect(await generationPutBack(port, this.sandbox.appId)).toBe(generation);
    // Numbers and calls count together: nobody has refreshed on the side.
    expect(await this.tokenCalls()).toBe(generation);
    expect(await this.generations()).toEqual([String(generation)]);
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

// Both at once: most of the time they wait.
describeWithRedis('a fleet whose Redis', () => {
  it.concurrent(
    'is gone for a quarter of an hour serves what is valid, and refreshes once when it is back',
    async () => {
      await using scene = await Scene.start(OUTAGE_MS * 0.7, '--appendonly', 'yes');
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

  it.concurrent(
    'stands still, is restarted empty, and fails over to an empty replica costs neither a query nor a refresh',
    async () => {
      await using scene = await Scene.start(8_000);
      await using replica = await RedisServer.start();

      const beforePause = await scene.refreshed();
      scene.redis.pause();
      await seconds(15);
      expect(await scene.tokenCalls()).toBe(beforePause);
      scene.redis.resume();
      await seconds(4);
      // The one that had become due meanwhile.
      expect(await scene.tokenCalls()).toBe(beforePause + 1);
      expect(await scene.generations()).toEqual([String(beforePause + 1)]);

      const beforeRestart = await scene.refreshed();
      await scene.redis.stop();
      await scene.redis.startAgain();
      await scene.expectWrittenBack(scene.redis.port, beforeRestart);

      const beforeFailover = await scene.refreshed();
      scene.way.switchTo(replica.port);
      await scene.expectWrittenBack(replica.port, beforeFailover);
      await scene.refreshed();
      await scene.expectNoHarm();
    },
    120_000,
  );
});
