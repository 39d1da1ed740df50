import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileTicketStore, MemoryTicketStore } from 'nestjs-bankcard-ocr';
import { RedisTicketStore } from 'nestjs-bankcard-ocr/redis';
import { describeLiveHolder } from '../../libs/bankcard-ocr/src/credentials/store/ticket-store.contract.test-support.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';

const appId = 'IDATEST01';

describeLiveHolder('memory', async () => {
  const shared = new MemoryTicketStore();
  return async () => shared;
});

describe('on a disk', () => {
  let directory: string;
  beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), 'tickets-'))));
  afterAll(() => rm(directory, { recursive: true, force: true }));

  describeLiveHolder('file', async () => async () => {
    const store = new FileTicketStore({ directory, appId });
    await store.open();
    return store;
  });
});

describeWithRedis('in Redis', () => {
  let server: RedisServer;
  beforeAll(async () => void (server = await RedisServer.start()));
  afterAll(() => server[Symbol.asyncDispose]());

  describeLiveHolder('Redis', async () => async () => {
    const store = RedisTicketStore.fromUrl(server.url, { appId });
    await store.open();
    return store;
  });
});
