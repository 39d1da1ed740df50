import { Redis } from 'ioredis';
import { BROKEN_LEASES, BROKEN_RECORDS } from '../../../../test/support/broken-keys.js';
import { describeWithRedis, RedisServer } from '../../../../test/support/redis-server.js';
import { aRecord } from '../credentials/store/ticket-store.contract.test-support.js';
import { RedisTicketStore } from './index.js';

let appIds = 0;
describeWithRedis('keys of a ticket store that hold something else', () => {
  let server: RedisServer;
  let admin: Redis;
  const opened: RedisTicketStore[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
    admin = new Redis(server.url);
  });
  afterEach(async () => void (await Promise.all(opened.splice(0).map((store) => store.close()))));
  afterAll(async () => {
    admin.disconnect();
    await server[Symbol.asyncDispose]();
  });

  function aStore(warnings: string[] = [], url = server.url) {
    const appId = `IDABROKEN${(appIds += 1)}`;
    const store = RedisTicketStore.fromUrl(url, { appId });
    store.onWarning = (warning) => warnings.push(warning);
    opened.push(store);
    const tag = `bankcard-ocr:{${appId}}`;
    return { store, record: `${tag}:record`, lease: `${tag}:lease`, aside: `${tag}:damaged` };
  }

  it.each(BROKEN_RECORDS)('set aside as a whole, and everybody starts anew: %s', async (_what, spoil) => {
    const warnings: string[] = [];
    const { store, record, aside } = aStore(warnings);
    await spoil(admin, record);
    // What was set aside before may be of any type as well.
    await admin.rpush(aside, 'earlier');
    const kept = await admin.dumpBuffer(record);
    await store.open();
    await expect(store.read()).resolves.toBeUndefined();
    expect(warnings).toEqual([`the stored credentials were damaged and set aside as ${aside}`]);
    expect(await admin.dumpBuffer(aside)).toEqual(kept);
    expect(await admin.pttl(aside)).toBeGreaterThan(23 * 3_600_000);
    const lease = (await store.acquireLease(4_000))!;
    await expect(store.compareAndSet(undefined, aRecord(1), lease)).resolves.toBe(true);
    await lease.release();
    await expect(store.read()).resolves.toMatchObject({ revision: 1 });
  });

  it('is set aside by one, however many find it, and what was written since stays', async () => {
    const warnings: string[] = [];
    const { store, record } = aStore(warnings);
    await admin.set(record, 'x');
    await store.open();
    await Promise.all(Array.from({ length: 10 }, () => store.read()));
    await store.compareAndSet(undefined, aRecord(1));
    await expect(store.read()).resolves.toMatchObject({ revision: 1 });
    expect(warnings).toHaveLength(1);
  });

  it.each(BROKEN_LEASES)('is no lease that anybody holds: %s', async (_what, spoil) => {
    const { store, lease: key } = aStore();
    await store.open();
    await spoil(admin, key);
    const lease = await store.acquireLease(4_000);
    expect(lease).toBeDefined();
    await expect(store.acquireLease(4_000)).resolves.toBeUndefined();
    await expect(store.compareAndSet(undefined, aRecord(1), lease)).resolves.toBe(true);
    await lease!.release();
    expect(await admin.exists(key)).toBe(0);
  });

  it('a lease that would last for a year, as after the clock of Redis was set back, expires after one TTL', async () => {
    const { store, lease: key } = aStore();
    await store.open();
    await admin.set(key, 'x', 'EX', 31_536_000);
    await expect(store.acquireLease(60_000)).resolves.toBeUndefined();
    expect(await admin.get(key)).toBe('x');
    expect(await admin.pttl(key)).toBeLessThanOrEqual(60_000);
    // Ten TTLs may be those of a process with another setting.
    await admin.set(key, 'x', 'PX', 600_000);
    await expect(store.acquireLease(60_000)).resolves.toBeUndefined();
    expect(await admin.pttl(key)).toBeGreaterThan(60_000);
  });

  it.each(BROKEN_LEASES.slice(1))('does not stop the one who held the lease: %s', async (_what, spoil) => {
    const { store, lease: key } = aStore();
    await store.open();
    const held = (await store.acquireLease(200))!;
    await admin.del(key);
    await spoil(admin, key);
    await expect(store.compareAndSet(undefined, aRecord(1), held)).resolves.toBe(true);
    while ((await admin.type(key)) !== 'string') await new Promise((resolve) => setTimeout(resolve, 5));
    expect(held.signal.aborted).toBe(false);
    await held.release();
  });

  it('a user who may not ask for the life of a key is refused nothing else', async () => {
    await admin.acl(
      'SETUSER',
      'few',
      'on',
      '>pw',
      '~bankcard-ocr:*',
      '&*',
      'nocommands',
      ...[
        '+select',
        '+info',
        '+client|setname',
        '+publish',
        '+subscribe',
        '+eval',
        '+time',
        '+get',
        '+set',
        '+del',
        '+pexpire',
        '+hget',
        '+hset',
        '+rename',
      ],
    );
    const { store } = aStore([], server.url.replace('//', '//few:pw@'));
    await store.open();
    const lease = (await store.acquireLease(4_000))!;
    await expect(store.acquireLease(4_000)).resolves.toBeUndefined();
    await lease.release();
  });
});
