import { Redis } from 'ioredis';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { aRecord } from '../../libs/bankcard-ocr/src/credentials/store/ticket-store.contract.test-support.js';
import { RedisTicketStore } from '../../libs/bankcard-ocr/src/redis/index.js';

/** What a process with role `reader` needs to read, and to hear of what is written. */
const READER_RIGHTS = [
  'on',
  '>pw',
  '~bankcard-ocr:*',
  '&*',
  '+@read',
  '+@connection',
  '+eval',
  '+time',
  '+info',
  '+subscribe',
];
const APP_ID = 'IDA00001';

describeWithRedis('a Redis that cannot be used', () => {
  const stopped: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const stop of stopped.splice(0)) await stop();
  });

  async function storeOn(url: string, timeoutMs = 1_000): Promise<RedisTicketStore> {
    const store = RedisTicketStore.fromUrl(url, { appId: APP_ID, timeoutMs });
    stopped.push(() => store.close());
    return store;
  }

  async function serve(...settings: string[]): Promise<RedisServer> {
    const server = await RedisServer.start(...settings);
    stopped.push(() => server[Symbol.asyncDispose]());
    return server;
  }

  it('does not stop the start when it is not there, and fails at once afterwards', async () => {
    const server = await serve();
    await server.stop();
    const store = await storeOn(server.url, 600);
    await expect(store.open()).resolves.toBeUndefined();
    await expect(store.read()).rejects.toMatchObject({ code: 'NOT_CONNECTED' });
    await expect(store.acquireLease(1_000)).rejects.toMatchObject({ code: 'NOT_CONNECTED' });
    await server.startAgain();
    for (;;) {
      const read = await store.read().then(
        () => true,
        () => false,
      );
      if (read) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  it.each([
    ['without its password', (url: string) => url],
    ['with a wrong one', (url: string) => url.replace('//', '//:pa55w0rd@')],
  ])('stops the start when it refuses: asked %s', async (_how, spoil) => {
    const { url } = await serve('--requirepass', 'pa55word');
    const store = await storeOn(spoil(url));
    const refused = store.open();
    await expect(refused).rejects.toMatchObject({ name: 'BankCardOcrConfigurationError', code: 'CONFIGURATION' });
    await expect(refused).rejects.toThrow(
      /ticketStore \(BANKCARD_OCR_TICKET_STORE\): redis:.*(NOAUTH|WRONGPASS).*check/,
    );
    await expect(refused).rejects.not.toThrow(/pa55w/);
  });

  it('lets a reader in that may only read, and no refresher', async () => {
    const { url } = await serve();
    const admin = new Redis(url);
    await admin.acl('SETUSER', 'reader', ...READER_RIGHTS);
    admin.disconnect();
    const store = await storeOn(url.replace('//', '//reader:pw@'));
    await expect(store.open('read')).resolves.toBeUndefined();
    await expect(store.read()).resolves.toBeUndefined();
    await expect(store.open('write')).rejects.toThrow(/NOPERM/);
  });

  it('leaves what is no record to others when it may only read', async () => {
    const { url } = await serve();
    const admin = new Redis(url);
    const key = `bankcard-ocr:{${APP_ID}}:record`;
    await admin.hset(key, 'record', 'rubbish', 'write_id', 'x');
    await admin.acl('SETUSER', 'reader', ...READER_RIGHTS);
    const store = await storeOn(url.replace('//', '//reader:pw@'));
    await expect(store.open('read')).resolves.toBeUndefined();
    await expect(store.read()).resolves.toBeUndefined();
    expect(await admin.hget(key, 'record')).toBe('rubbish');
    admin.disconnect();
  });

  it('carries nothing out for a caller that has given up', async () => {
    const server = await serve();
    const store = await storeOn(server.url, 100);
    await store.open();
    server.pause();
    const outcomes = await Promise.allSettled([
      store.compareAndSet(undefined, aRecord(1)),
      store.acquireLease(60_000),
      store.read(),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason)).toMatchObject([
      { code: 'TIMEOUT' },
      { code: 'TIMEOUT' },
      { code: 'TIMEOUT' },
    ]);
    server.resume();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(store.read()).resolves.toBeUndefined();
    const lease = await store.acquireLease(1_000);
    expect(lease).toBeDefined();
    await lease!.release();
  });
});
