import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { describeWithRedis, RedisServer } from '../../../../test/support/redis-server.js';
import { withHiddenArguments } from './redis-client.js';

const SECRET = 's3cret'.repeat(8);
const GIVE_BACK = 'return ARGV[1]';

describeWithRedis('a client with hidden arguments', () => {
  let server: RedisServer;
  let client: Redis;
  let seen: { readonly name: string; readonly args: unknown }[];

  beforeEach(async () => {
    server = await RedisServer.start();
    seen = [];
    const { sendCommand } = Redis.prototype;
    jest.spyOn(Redis.prototype, 'sendCommand').mockImplementation(function (this: Redis, command, ...more) {
      seen.push({ name: command.name, args: command.args });
      return sendCommand.call(this, command, ...more);
    });
    client = new Redis(server.url);
    client.on('error', () => undefined);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    client.disconnect();
    await server[Symbol.asyncDispose]();
  });

  const shown = (): string => inspect(seen, { depth: 5, maxArrayLength: null });

  it('sends them as they are, and shows them to nobody', async () => {
    await expect(withHiddenArguments(client).eval(GIVE_BACK, 1, 'key', SECRET)).resolves.toBe(SECRET);
    expect(seen).toContainEqual({ name: 'eval', args: ['[hidden]'] });
    expect(shown()).not.toContain(SECRET);
  });

  it('shows them to nobody when the client sends them again on its next connection', async () => {
    await client.client('PAUSE', 600_000, 'ALL');
    const answer = withHiddenArguments(client).eval(GIVE_BACK, 1, 'key', SECRET);
    await server.stop();
    await server.startAgain();
    await expect(answer).resolves.toBe(SECRET);
    expect(seen.filter(({ name }) => name === 'eval')).toHaveLength(2);
    expect(shown()).not.toContain(SECRET);
  });

  it('shows them to nobody when they had to wait for the connection', async () => {
    const late = new Redis({ port: server.port, lazyConnect: true });
    try {
      await expect(withHiddenArguments(late).eval(GIVE_BACK, 1, 'key', SECRET)).resolves.toBe(SECRET);
      expect(seen.filter(({ name }) => name === 'eval')).toHaveLength(2);
      expect(shown()).not.toContain(SECRET);
    } finally {
      late.disconnect();
    }
  });

  it('quotes them in no error', async () => {
    const error: unknown = await withHiddenArguments(client)
      .eval('return redis.error_reply("ERR refused")', 1, 'key', SECRET)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ command: { name: 'eval', args: ['[hidden]'] } });
    expect(inspect(error, { depth: 5, showHidden: true })).not.toContain(SECRET);
  });

  it('puts the prefix of the client before keys', async () => {
    const prefixed = new Redis({ port: server.port, keyPrefix: 'mine:' });
    try {
      await expect(withHiddenArguments(prefixed).eval('return KEYS[1]', 1, 'key', SECRET)).resolves.toBe('mine:key');
    } finally {
      prefixed.disconnect();
    }
  });

  it('takes a stand-in that is no client of ioredis as it is', () => {
    const standIn = { eval: async () => 'done' } as unknown as Redis;
    expect(withHiddenArguments(standIn)).toBe(standIn);
  });
});
