import { Redis, type RedisOptions } from 'ioredis';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { TcpSwitch } from '../support/tcp-switch.js';
import { aRecord } from '../../libs/bankcard-ocr/src/credentials/store/ticket-store.contract.test-support.js';
import { RedisTicketStore } from '../../libs/bankcard-ocr/src/redis/index.js';

const APP_ID = 'IDAFAILOVER';
/** One that sends all it holds to a new replica at once. */
const startServer = (): Promise<RedisServer> => RedisServer.start('--repl-diskless-sync-delay', '0');

describeWithRedis('a primary that becomes a replica and keeps its connections', () => {
  const ended: (() => unknown)[] = [];
  let first: RedisServer;
  let second: RedisServer;
  let endpoint: TcpSwitch;
  let admins: readonly [Redis, Redis];

  beforeEach(async () => {
    [first, second] = await Promise.all([startServer(), startServer()]);
    endpoint = await TcpSwitch.start(first.port);
    admins = [new Redis(first.url), new Redis(second.url)];
    await follow(admins[1], first);
    ended.push(
      () => second[Symbol.asyncDispose](),
      () => first[Symbol.asyncDispose](),
      () => endpoint[Symbol.asyncDispose](),
      () => admins.forEach((admin) => admin.disconnect()),
    );
  });
  afterEach(async () => {
    for (const end of ended.splice(0).reverse()) await end();
  });

  async function follow(replica: Redis, primary: RedisServer): Promise<void> {
    await replica.replicaof('127.0.0.1', primary.port);
    while (!(await replica.info('replication')).includes('master_link_status:up')) await soon();
  }

  async function swapRoles(): Promise<void> {
    while ((await admins[1].exists(`bankcard-ocr:{${APP_ID}}:record`)) === 0) await soon();
    await admins[1].replicaof('NO', 'ONE');
    await follow(admins[0], second);
  }

  const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

  /** An open store on a client of the application's, and how often that has lost its connection. */
  async function overClient(options: RedisOptions = {}) {
    const client = new Redis({ host: '127.0.0.1', port: endpoint.port, ...options });
    client.on('error', () => undefined);
    let closes = 0;
    client.on('close', () => (closes += 1));
    const store = new RedisTicketStore({ client, appId: APP_ID });
    ended.push(
      () => client.disconnect(),
      () => store.close(),
    );
    while (client.status !== 'ready') await soon();
    await store.open();
    await store.compareAndSet(undefined, aRecord(1));
    return { client, store, closes: () => closes };
  }

  const anyOptions: [string, RedisOptions][] = [
    ['as it comes', {}],
    ['that is patient', { maxRetriesPerRequest: null }],
    ['without a queue', { enableOfflineQueue: false, maxRetriesPerRequest: 0 }],
  ];

  it.each(anyOptions)('is left by a client that was handed in, %s', async (_what, options) => {
    const { store, closes } = await overClient(options);
    await swapRoles();
    endpoint.leadNewTo(second.port);
    await expect(store.compareAndSet(aRecord(1), aRecord(2))).rejects.toMatchObject({ code: 'READONLY' });
    while (!(await store.compareAndSet(aRecord(1), aRecord(2)).catch(() => false))) await soon();
    expect(closes()).toBe(1);
    await expect(store.read()).resolves.toMatchObject({ revision: 2 });
    expect(await admins[1].hget(`bankcard-ocr:{${APP_ID}}:record`, 'write_id')).toBe('write-2');
  });

  it('is left by the client of a store that was named by a URL', async () => {
    const store = RedisTicketStore.fromUrl(`redis://127.0.0.1:${endpoint.port}/0`, { appId: APP_ID });
    ended.push(() => store.close());
    await store.open();
    await store.compareAndSet(undefined, aRecord(1));
    await swapRoles();
    endpoint.leadNewTo(second.port);
    while (!(await store.compareAndSet(aRecord(1), aRecord(2)).catch(() => false))) await soon();
    await expect(store.read()).resolves.toMatchObject({ revision: 2 });
  });

  it.each<[string, RedisOptions]>([
    ['has decided itself what to do then', { reconnectOnError: () => false }],
    ['does not connect again', { retryStrategy: () => null }],
  ])('is not left by a client that %s', async (_what, options) => {
    const { client, store, closes } = await overClient(options);
    await swapRoles();
    for (let tries = 0; tries < 3; tries += 1) {
      await expect(store.compareAndSet(aRecord(1), aRecord(2))).rejects.toMatchObject({ code: 'READONLY' });
    }
    expect(closes()).toBe(0);
    expect(client.status).toBe('ready');
  });

  it('is left ever more rarely while every connection leads to it', async () => {
    const { store, closes } = await overClient();
    await swapRoles();
    const startedAt = performance.now();
    for (let refusals = 0; refusals < 40;) {
      const fault: unknown = await store.compareAndSet(aRecord(1), aRecord(2)).catch((error: unknown) => error);
      if ((fault as { code?: string }).code === 'READONLY') refusals += 1;
      await soon();
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(closes()).toBeGreaterThanOrEqual(1);
    // After 0, 1, 3, 7 … seconds.
    expect(closes()).toBeLessThanOrEqual(1 + Math.log2(1 + seconds));
  });
});
