import { Cluster, Redis } from 'ioredis';
import { createRedisClient, describeRedis } from './redis-url.js';

const clients: (Redis | Cluster)[] = [];
afterEach(() => clients.splice(0).forEach((client) => client.disconnect()));

function described(client: Redis | Cluster): string {
  clients.push(client);
  client.on('error', () => undefined);
  return describeRedis(client);
}

/** Nothing listens there. */
const NOWHERE = { host: '127.0.0.1', port: 1, lazyConnect: true } as const;

describe('how logs call a Redis', () => {
  it.each([
    ['redis://127.0.0.1:1', 'redis://127.0.0.1:1/0'],
    ['redis://canaryuser:canarypass@127.0.0.1:1/3', 'redis://127.0.0.1:1/3'],
    ['redis://:canary%40pass@127.0.0.1:1/0', 'redis://127.0.0.1:1/0'],
    ['rediss://canaryuser:canarypass@127.0.0.1:1/0', 'rediss://127.0.0.1:1/0'],
    ['REDISS://:canarypass@127.0.0.1:1/0', 'rediss://127.0.0.1:1/0'],
  ])('%s', (url, description) => {
    expect(described(createRedisClient(url, Redis))).toBe(description);
  });

  it.each<[string, () => Redis | Cluster, string]>([
    ['a prefix', () => new Redis({ ...NOWHERE, keyPrefix: 'team:' }), 'redis://127.0.0.1:1/0, keys team:*'],
    ['a socket', () => new Redis({ path: '/run/redis.sock', lazyConnect: true }), 'redis /run/redis.sock'],
    [
      'sentinels',
      () => new Redis({ sentinels: [NOWHERE], name: 'main', password: 'canary', lazyConnect: true }),
      'redis sentinel main',
    ],
    ['a cluster', () => new Cluster([NOWHERE], { lazyConnect: true }), 'redis cluster'],
    ['a password', () => new Redis({ ...NOWHERE, username: 'canary', password: 'canary' }), 'redis://127.0.0.1:1/0'],
  ])('with %s', (_what, make, description) => expect(described(make())).toBe(description));
});

describe('the client of a URL', () => {
  it('checks the certificate, whatever the environment says', () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const client = createRedisClient('rediss://127.0.0.1:1', Redis);
      clients.push(client);
      expect(client.options.tls).toMatchObject({ rejectUnauthorized: true });
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });

  it('carries nothing out later than it was wanted', async () => {
    const client = createRedisClient('redis://127.0.0.1:1', Redis);
    clients.push(client);
    expect(client.options).toMatchObject({ enableOfflineQueue: false, autoResendUnfulfilledCommands: false });
    await expect(client.set('x', '1')).rejects.toThrow();
  });
});
