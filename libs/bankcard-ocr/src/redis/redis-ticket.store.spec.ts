import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { describeWithRedis, RedisServer } from '../../../../test/support/redis-server.js';
import { storeOverClient } from '../../../../test/support/store-over-client.js';
import { aRecord, describeTicketStore } from '../credentials/store/ticket-store.contract.test-support.js';
import type { TicketStore } from '../credentials/store/ticket-store.js';
import { ManualClock } from '../testing/manual-clock.js';
import { RedisTicketStore } from './index.js';

const HOUR = 3_600_000;
let appIds = 0;
const newAppId = (): string => `IDA0000${(appIds += 1)}`;

describeWithRedis('RedisTicketStore', () => {
  let server: RedisServer;
  const opened: TicketStore[] = [];
  let admin: Redis;

  beforeAll(async () => {
    server = await RedisServer.start();
    admin = new Redis(server.url);
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
  });

  afterAll(async () => {
    admin.disconnect();
    await server[Symbol.asyncDispose]();
  });

  async function open(
    appId: string,
    options: Partial<ConstructorParameters<typeof RedisTicketStore>[0]> = {},
    warnings: string[] = [],
  ): Promise<RedisTicketStore> {
    const store = RedisTicketStore.fromUrl(server.url, { appId, ...options });
    store.onWarning = (warning) => warnings.push(warning);
    opened.push(store);
    await store.open();
    return store;
  }

  describeTicketStore('Redis by URL', async () => {
    const appId = newAppId();
    return () => open(appId);
  });

  describeTicketStore('a client with a key prefix', async () => {
    const appId = newAppId();
    return async () => {
      const client = new Redis(server.url, { keyPrefix: 'staging:' });
      return storeOverClient(client, appId);
    };
  });

  it('shares by app id and by nothing else', async () => {
    const [appId, otherAppId] = [newAppId(), newAppId()];
    await (await open(appId)).compareAndSet(undefined, aRecord(1));
    await expect((await open(appId)).read()).resolves.toMatchObject({ revision: 1 });
    await expect((await open(otherAppId)).read()).resolves.toBeUndefined();
  });

  it('gives processes whose clocks are hours apart the same ages', async () => {
    const appId = newAppId();
    const early = new ManualClock();
    const late = new ManualClock();
    late.shiftWallClock(4 * HOUR);
    const [writer, reader] = [await open(appId, { clock: early }), await open(appId, { clock: late })];
    const { current } = aRecord(1);
    const requestedAtMs = early.now() - 60_000;
    /** By the clock that ages are told by. */
    const serverMs = async (): Promise<number> => {
      const [seconds, microseconds] = await admin.time();
      return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
    };
    const beganAt = await serverMs();
    await writer.compareAndSet(
      undefined,
      aRecord(1, {
        current: { ...current!, tokenRequestedAtMs: requestedAtMs, ticketRequestedAtMs: requestedAtMs },
        forcedAtMs: requestedAtMs,
        unanswered: { sinceMs: requestedAtMs, by: 'x' },
        failed: { attempts: 1, retryAtMs: early.now() + 1_000 },
        earlier: [{ number: 1, id: 'e', signTicket: 't', replacedAtMs: requestedAtMs, endsAtMs: early.now() + 60_000 }],
      }),
    );
    const record = (await reader.read())!;
    const tookMs = (await serverMs()) - beganAt;
    const ageMs = late.now() - record.current!.tokenRequestedAtMs;
    // Older by the time that the commands took, never younger.
    expect(ageMs).toBeGreaterThanOrEqual(60_000);
    expect(ageMs).toBeLessThan(60_000 + tookMs + 2);
    expect(late.now() - record.current!.ticketRequestedAtMs).toBe(ageMs);
    expect(late.now() - record.forcedAtMs!).toBe(ageMs);
    expect(late.now() - record.unanswered!.sinceMs).toBe(ageMs);
    expect(late.now() - record.earlier![0]!.replacedAtMs).toBe(ageMs);
    expect(record.failed!.retryAtMs - late.now()).toBeLessThanOrEqual(1_000);
    expect(record.earlier![0]!.endsAtMs - late.now()).toBeLessThanOrEqual(60_000);
  });

  it('sets aside what is no record, tells of it, and can be written again', async () => {
    const appId = newAppId();
    await admin.hset(`bankcard-ocr:{${appId}}:record`, 'record', '{"format":1', 'write_id', 'x');
    const warnings: string[] = [];
    const store = await open(appId, {}, warnings);
    await expect(store.read()).resolves.toBeUndefined();
    const aside = `bankcard-ocr:{${appId}}:damaged`;
    expect(warnings).toEqual([`the stored credentials were damaged and set aside as ${aside}`]);
    expect(await admin.hget(aside, 'record')).toBe('{"format":1');
    expect(await admin.pttl(aside)).toBeGreaterThan(23 * HOUR);
    await expect(store.compareAndSet(undefined, aRecord(1))).resolves.toBe(true);
  });

  it('writes nothing for a holder whose lease somebody else has taken', async () => {
    const appId = newAppId();
    const [slow, quick] = [await open(appId), await open(appId)];
    const lost = (await slow.acquireLease(60_000))!;
    await slow.compareAndSet(undefined, aRecord(1), lost);
    await admin.del(`bankcard-ocr:{${appId}}:lease`);
    const held = (await quick.acquireLease(60_000))!;
    await expect(slow.compareAndSet(aRecord(1), aRecord(2), lost)).resolves.toBe(false);
    await expect(quick.compareAndSet(aRecord(1), aRecord(2), held)).resolves.toBe(true);
    await Promise.all([lost.release(), held.release()]);
  });

  it('ends the work of a holder whose lease was taken, and does not take back what it lost', async () => {
    const appId = newAppId();
    const [slow, quick] = [await open(appId), await open(appId)];
    const lost = (await slow.acquireLease(200))!;
    await admin.del(`bankcard-ocr:{${appId}}:lease`);
    const held = (await quick.acquireLease(60_000))!;
    while (!lost.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(lost.signal.reason).toMatchObject({ code: 'NO_VALID_TICKET' });
    await lost.release();
    await expect(slow.acquireLease(200)).resolves.toBeUndefined();
    await held.release();
  });

  it('keeps the lease of a live holder though Redis was emptied', async () => {
    const appId = newAppId();
    const [holder, other] = [await open(appId), await open(appId)];
    const key = `bankcard-ocr:{${appId}}:lease`;
    for (;;) {
      const lease = (await holder.acquireLease(400))!;
      const held = await admin.get(key);
      await admin.del(key);
      let again = await admin.get(key);
      while (again === null && !lease.signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        again = await admin.get(key);
      }
      const taken = await other.acquireLease(400);
      const isInTime = !lease.signal.aborted;
      await Promise.all([lease.release(), taken?.release()]);
      // A machine that stands still for longer than the lease lasts ends it, as it should: once more.
      if (!isInTime || held === null) continue;
      expect(again).toBe(held);
      expect(taken).toBeUndefined();
      return;
    }
  });

  it('names no user and no password, however it is printed', async () => {
    const url = server.url.replace('redis://', 'redis://canaryuser:pa55word@');
    const store = RedisTicketStore.fromUrl(url, { appId: newAppId() });
    const stop = store.watch(() => undefined);
    expect(store.description).toBe(server.url);
    const printed = inspect(store, { depth: Infinity, showHidden: true }) + JSON.stringify(store);
    expect(printed).not.toMatch(/pa55word|canaryuser/);
    stop();
    await store.close();
  });

  it('names the prefix of its keys: instances with another one share nothing', async () => {
    const client = new Redis(server.url, { keyPrefix: 'staging:', lazyConnect: true });
    expect(new RedisTicketStore({ client, appId: newAppId() }).description).toBe(`${server.url}, keys staging:*`);
    client.disconnect();
  });
});
