import { Cluster, Redis } from 'ioredis';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { storeOverClient } from '../support/store-over-client.js';
import { describeTicketStore } from '../../libs/bankcard-ocr/src/credentials/store/ticket-store.contract.test-support.js';

const SLOTS = [
  [0, 8_191],
  [8_192, 16_383],
] as const;

let appIds = 0;

describeWithRedis('RedisTicketStore on a cluster', () => {
  const servers: RedisServer[] = [];

  beforeAll(async () => {
    for (const slots of SLOTS) {
      const server = await RedisServer.start('--cluster-enabled', 'yes');
      const admin = new Redis(server.url);
      await admin.cluster('ADDSLOTSRANGE', ...slots);
      const [first] = servers;
      if (first) await admin.cluster('MEET', '127.0.0.1', first.port);
      admin.disconnect();
      servers.push(server);
    }
    for (const { url } of servers) {
      const admin = new Redis(url);
      while (!(await admin.cluster('INFO')).includes('cluster_state:ok')) await new Promise((go) => setTimeout(go, 50));
      while (!(await admin.cluster('INFO')).includes('cluster_known_nodes:2'))
        await new Promise((go) => setTimeout(go, 50));
      admin.disconnect();
    }
  });

  afterAll(() => Promise.all(servers.map((server) => server[Symbol.asyncDispose]())));

  // Several app ids, so that both nodes are used.
  for (const copy of [1, 2, 3]) {
    describeTicketStore(`Redis Cluster, app id ${copy}`, async () => {
      const appId = `IDA${copy}${(appIds += 1)}`;
      return async () => {
        const client = new Cluster(servers.map(({ port }) => ({ host: '127.0.0.1', port })));
        const store = await storeOverClient(client, appId);
        expect(store.description).toBe('redis cluster');
        return store;
      };
    });
  }
});
