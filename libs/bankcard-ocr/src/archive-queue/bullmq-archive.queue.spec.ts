import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { BullMqArchiveQueue } from './bullmq-archive.queue.js';

/** Replies the same to every command. */
async function serverThatReplies(reply: string): Promise<Server> {
  const server = createServer((connection: Socket) => {
    connection.on('data', (bytes: Buffer) => {
      for (const _command of bytes.toString('latin1').match(/^\*\d+\r$/gm) ?? []) connection.write(`${reply}\r\n`);
    });
    connection.on('error', () => undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

describe('the start of a BullMqArchiveQueue', () => {
  let server: Server;
  let client: Redis;
  let queue: BullMqArchiveQueue;
  const warnings: string[] = [];

  async function opened(reply: string): Promise<void> {
    server = await serverThatReplies(reply);
    const { port } = server.address() as AddressInfo;
    client = new Redis({ port, maxRetriesPerRequest: null, enableReadyCheck: false });
    client.on('error', () => undefined);
    queue = new BullMqArchiveQueue({ redis: client, onWarning: (warning) => warnings.push(warning) });
    return queue.open('scope');
  }

  afterEach(async () => {
    await queue.close();
    client.disconnect();
    server.close();
    warnings.splice(0);
  });

  it.each([
    '-LOADING Redis is loading the dataset in memory',
    '-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to no.',
    '-CLUSTERDOWN The cluster is down',
    '-ERR max number of clients reached',
  ])('goes on with a Redis that is not ready yet: %s', async (reply) => {
    await opened(reply);
    expect(warnings.join('\n')).toContain('cannot reach');
  });

  it.each(['-NOAUTH Authentication required.', "-NOPERM this user has no permissions to run the 'ping' command"])(
    'is refused by a Redis that refuses the user: %s',
    async (reply) => {
      await expect(opened(reply)).rejects.toMatchObject({
        code: 'CONFIGURATION',
        message: expect.stringContaining('refuses the user'),
      });
    },
  );
});
