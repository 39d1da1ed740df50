import { Redis } from 'ioredis';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { KEYS_MUST_BE_SEEN, type ProxyRule, refusing, ScriptCheckingProxy } from '../support/script-checking-proxy.js';
import {
  aRecord,
  describeTicketStore,
} from '../../libs/bankcard-ocr/src/credentials/store/ticket-store.contract.test-support.js';
import { RedisTicketStore } from '../../libs/bankcard-ocr/src/redis/index.js';

let appIds = 0;

describeWithRedis('a Redis behind a proxy that looks at commands', () => {
  let server: RedisServer;
  let admin: Redis;
  const ended: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
    admin = new Redis(server.url);
  });
  afterEach(async () => {
    for (const end of ended.splice(0).reverse()) await end();
  });
  afterAll(async () => {
    admin.disconnect();
    await server[Symbol.asyncDispose]();
  });

  async function behind(rule: ProxyRule, appId = `IDAPROXY${(appIds += 1)}`) {
    const proxy = await ScriptCheckingProxy.start(server.port, rule);
    ended.push(() => proxy[Symbol.asyncDispose]());
    const store = RedisTicketStore.fromUrl(proxy.url, { appId });
    const warnings: string[] = [];
    store.onWarning = (warning) => warnings.push(warning);
    ended.push(() => store.close());
    return { store, proxy, warnings, appId };
  }

  describeTicketStore('Redis behind a proxy that must see the keys of scripts', async () => {
    const appId = `IDAPROXY${(appIds += 1)}`;
    return async () => {
      const { store } = await behind(KEYS_MUST_BE_SEEN, appId);
      await store.open();
      return store;
    };
  });

  it('runs no script whose keys cannot be seen', async () => {
    const { store, proxy, warnings } = await behind(KEYS_MUST_BE_SEEN);
    await store.open();
    const lease = (await store.acquireLease(4_000))!;
    await expect(store.compareAndSet(undefined, aRecord(1), lease)).resolves.toBe(true);
    await lease.release();
    expect(proxy.refused).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['takes a lease', "'PTTL'"],
    ['renews a lease', "'PX', ARGV[3])\nreturn 'done'"],
    ['gives a lease back', "'DEL'"],
    ['writes the record', "'HSET'"],
    ['sets a record aside', "'RENAME'"],
  ])('stops the start, with the reason, when it refuses the script that %s', async (_what, part) => {
    const { store } = await behind((_command, [script = '']) =>
      script.includes(part) ? 'ERR this proxy does not like such scripts' : undefined,
    );
    const refused = store.open('write');
    await expect(refused).rejects.toMatchObject({ code: 'CONFIGURATION' });
    await expect(refused).rejects.toThrow(/refuses \(ERR: this proxy does not like such scripts\)/);
  });

  it('says so when a script is refused that was allowed at the start', async () => {
    let isStrict = false;
    const { store } = await behind((_command, [script = '']) =>
      isStrict && script.includes('HSET') ? `ERR no such script for ${aRecord(1).writeId}` : undefined,
    );
    await store.open();
    isStrict = true;
    await expect(store.compareAndSet(undefined, aRecord(1))).rejects.toThrow('ERR: no such script for [redacted]');
  });

  it.each([
    ['PUBLISH', 'SUBSCRIBE'],
    ['PUBLISH', 'PUBLISH'],
    ['SUBSCRIBE', 'SUBSCRIBE'],
  ])('goes on with polling, and says so once, when it refuses %s and %s', async (...commands) => {
    const { store, proxy, warnings, appId } = await behind(refusing(...commands));
    await store.open();
    const stop = store.watch(() => undefined);
    for (const revision of [1, 2, 3]) {
      await expect(
        store.compareAndSet(revision > 1 ? aRecord(revision - 1) : undefined, aRecord(revision)),
      ).resolves.toBe(true);
    }
    while (proxy.refused.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(store.read()).resolves.toMatchObject({ revision: 3 });
    stop();
    expect(warnings).toEqual([expect.stringMatching(/does not pass on the news of a write \(ERR: unknown command/)]);
    expect(warnings[0]).not.toContain(appId);
  });

  it('leaves nothing behind by trying', async () => {
    const { store, appId } = await behind(() => undefined);
    await store.open();
    while ((await admin.keys(`*${appId}*`)).length > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  });
});
