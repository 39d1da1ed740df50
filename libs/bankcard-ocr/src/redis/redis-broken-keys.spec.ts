import { Redis } from 'ioredis';
import { describeWithRedis, RedisServer } from '../../../../test/support/redis-server.js';
import { aRecord } from '../credentials/store/ticket-store.contract.js';
import { RedisTicketStore } from './redis-ticket.store.js';

let appIds = 0;
const whole = (change: object = {}): string => JSON.stringify({ ...aRecord(1), ...change });
const notUtf8 = (text: string): Buffer =>
  Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.from([0xff, 0xfe]), Buffer.from(text.slice(-2))]);

type Spoil = (redis: Redis, key: string) => Promise<unknown>;

/** What may stand where the record should, and is none that anybody could write over. */
const BROKEN_RECORDS: [string, Spoil][] = [
  ['a write id without a record', (redis, key) => redis.hset(key, 'write_id', 'x')],
  ['a record without a write id', (redis, key) => redis.hset(key, 'record', whole())],
  ['a write id that is not the one of the record', (redis, key) => redis.hset(key, 'record', whole(), 'write_id', 'x')],
  ['a write id that is no UTF-8', (redis, key) => redis.hset(key, 'record', whole(), 'write_id', Buffer.from([0xff]))],
  [
    'a write id that is no UTF-8 and the record quotes as a client shows it',
    (redis, key) => redis.hset(key, 'record', whole({ writeId: '\ufffd' }), 'write_id', Buffer.from([0xff])),
  ],
  ['empty texts', (redis, key) => redis.hset(key, 'record', '', 'write_id', '')],
  ['no JSON', (redis, key) => redis.hset(key, 'record', '{"format":1', 'write_id', 'x')],
  ['JSON that is no record', (redis, key) => redis.hset(key, 'record', '[]', 'write_id', 'x')],
  [
    'a record with bytes that are no UTF-8',
    (redis, key) => redis.hset(key, 'record', notUtf8(whole({ secretFingerprint: 'f' })), 'write_id', 'write-1'),
  ],
  [
    'the revision 2^53-1',
    (redis, key) => redis.hset(key, 'record', whole({ revision: 2 ** 53 - 1 }), 'write_id', 'write-1'),
  ],
  [
    'the revision 1e999',
    (redis, key) =>
      redis.hset(key, 'record', whole().replace('"revision":1', '"revision":1e999'), 'write_id', 'write-1'),
  ],
  [
    'a revision that is a text',
    (redis, key) => redis.hset(key, 'record', whole({ revision: '1' }), 'write_id', 'write-1'),
  ],
  [
    'a generation 2^53-1',
    (redis, key) =>
      redis.hset(
        key,
        'record',
        whole({ current: { ...aRecord(1).current, number: 2 ** 53 - 1 } }),
        'write_id',
        'write-1',
      ),
  ],
  [
    'a record of a megabyte',
    (redis, key) => redis.hset(key, 'record', whole({ more: 'x'.repeat(1_000_000) }), 'write_id', 'write-1'),
  ],
  ['a text', (redis, key) => redis.set(key, whole())],
  ['a list', (redis, key) => redis.rpush(key, whole())],
  ['a set', (redis, key) => redis.sadd(key, whole())],
  ['a stream', (redis, key) => redis.xadd(key, '*', 'record', whole())],
];

/** What may stand where the lease should, and nobody would ever release. */
const BROKEN_LEASES: [string, Spoil][] = [
  ['a text that does not expire', (redis, key) => redis.set(key, 'x')],
  ['a text that expires in a year', (redis, key) => redis.set(key, 'x', 'EX', 31_536_000)],
  ['a hash', (redis, key) => redis.hset(key, 'x', 'y')],
  ['a list', (redis, key) => redis.rpush(key, 'x')],
  [
    'a hash that expires',
    async (redis, key) => {
      await redis.hset(key, 'x', 'y');
      await redis.expire(key, 60);
    },
  ],
];

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

  function aStore(damaged: string[] = [], url = server.url) {
    const appId = `IDABROKEN${(appIds += 1)}`;
    const store = RedisTicketStore.fromUrl(url, { appId, onDamaged: (key) => damaged.push(key) });
    opened.push(store);
    const tag = `bankcard-ocr:{${appId}}`;
    return { store, record: `${tag}:record`, lease: `${tag}:lease`, aside: `${tag}:damaged` };
  }

  it.each(BROKEN_RECORDS)('set aside as a whole, and everybody starts anew: %s', async (_what, spoil) => {
    const damaged: string[] = [];
    const { store, record, aside } = aStore(damaged);
    await spoil(admin, record);
    // What was set aside before may be of any type as well.
    await admin.rpush(aside, 'earlier');
    const kept = await admin.dumpBuffer(record);
    await store.open();
    await expect(store.read()).resolves.toBeUndefined();
    expect(damaged).toEqual([aside]);
    expect(await admin.dumpBuffer(aside)).toEqual(kept);
    expect(await admin.pttl(aside)).toBeGreaterThan(23 * 3_600_000);
    const lease = (await store.lease(4_000))!;
    await expect(store.swap(undefined, aRecord(1), lease)).resolves.toBe(true);
    await lease.release();
    await expect(store.read()).resolves.toMatchObject({ revision: 1 });
  });

  it('is set aside by one, however many find it, and what was written since stays', async () => {
    const damaged: string[] = [];
    const { store, record } = aStore(damaged);
    await admin.set(record, 'x');
    await store.open();
    await Promise.all(Array.from({ length: 10 }, () => store.read()));
    await store.swap(undefined, aRecord(1));
    await expect(store.read()).resolves.toMatchObject({ revision: 1 });
    expect(damaged).toHaveLength(1);
  });

  it.each(BROKEN_LEASES)('is no lease that anybody holds: %s', async (_what, spoil) => {
    const { store, lease: key } = aStore();
    await store.open();
    await spoil(admin, key);
    const lease = await store.lease(4_000);
    expect(lease).toBeDefined();
    await expect(store.lease(4_000)).resolves.toBeUndefined();
    await expect(store.swap(undefined, aRecord(1), lease)).resolves.toBe(true);
    await lease!.release();
    expect(await admin.exists(key)).toBe(0);
  });

  it.each(BROKEN_LEASES.slice(2))('does not stop the one who held the lease: %s', async (_what, spoil) => {
    const { store, lease: key } = aStore();
    await store.open();
    const held = (await store.lease(200))!;
    await admin.del(key);
    await spoil(admin, key);
    await expect(store.swap(undefined, aRecord(1), held)).resolves.toBe(true);
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
    const lease = (await store.lease(4_000))!;
    await expect(store.lease(4_000)).resolves.toBeUndefined();
    await lease.release();
  });
});
