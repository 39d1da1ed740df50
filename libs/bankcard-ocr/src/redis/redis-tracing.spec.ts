import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { ApplicationTracing, type Sighting } from '../../../../test/support/application-tracing.js';
import { describeWithRedis, RedisServer } from '../../../../test/support/redis-server.js';
import { aRecord } from '../credentials/store/ticket-store.contract.test-support.js';
import { RedisTicketStore } from './index.js';

const ACCESS_TOKEN = 'a'.repeat(64);
const SIGN_TICKET = 's'.repeat(64);
const plain = aRecord(1);
const record = aRecord(1, { current: { ...plain.current!, accessToken: ACCESS_TOKEN, signTicket: SIGN_TICKET } });

interface SentCommand extends Sighting {
  readonly name: string;
  readonly args: unknown;
}

describeWithRedis('commands of Redis, in an application that traces', () => {
  let server: RedisServer;
  let tracing: ApplicationTracing;
  /** What an instrumentation sees that wraps `sendCommand`, as those of OpenTelemetry and Sentry do. */
  let sent: SentCommand[];
  let told: unknown[];
  // Of what Redis answers, a subscriber of the channel learns all the same.
  const listen = (message: unknown): void => void told.push((message as { args: unknown }).args);

  beforeAll(async () => void (server = await RedisServer.start()));
  afterAll(async () => server[Symbol.asyncDispose]());

  beforeEach(() => {
    tracing = new ApplicationTracing();
    sent = [];
    told = [];
    const { sendCommand } = Redis.prototype;
    jest.spyOn(Redis.prototype, 'sendCommand').mockImplementation(function (this: Redis, command, ...more) {
      sent.push({ name: command.name, args: command.args, ...tracing.look() });
      return sendCommand.call(this, command, ...more);
    });
    subscribe('tracing:ioredis:command:start', listen);
  });

  afterEach(() => {
    unsubscribe('tracing:ioredis:command:start', listen);
    jest.restoreAllMocks();
    tracing[Symbol.dispose]();
  });

  let appIds = 0;
  const newAppId = (): string => `IDA0000${(appIds += 1)}`;

  /** Everything that a store does, in an application that traces; then its end. */
  async function use(store: RedisTicketStore): Promise<void> {
    await tracing.inSpan('request', async () => {
      try {
        await store.open();
        const written = new Promise<void>((resolve) => void store.watch(resolve));
        const lease = await store.acquireLease(5_000);
        expect(await store.compareAndSet(undefined, record, lease)).toBe(true);
        await written;
        await lease?.release();
        expect((await store.read())?.current).toMatchObject({ accessToken: ACCESS_TOKEN, signTicket: SIGN_TICKET });
        expect(tracing.look()).toMatchObject({ suppressed: false, span: 'request' });
      } finally {
        await store.close();
      }
    });
  }

  it('are hidden, from the first connection on, with a client of the library', async () => {
    const store = RedisTicketStore.fromUrl(server.url, { appId: newAppId() });
    await use(store);
    expect(sent.map(({ name }) => name)).toEqual(expect.arrayContaining(['eval', 'subscribe', 'client']));
    expect(sent.filter(({ suppressed, span }) => !suppressed || span !== undefined)).toEqual([]);
  });

  it.each([
    ['that connects at once', {}],
    ['that connects with its first command', { lazyConnect: true }],
    ['that collects commands in pipelines', { enableAutoPipelining: true }],
  ])("are hidden with a client of the application's own, %s", async (_which, options) => {
    const client = new Redis(server.url, options);
    const store = new RedisTicketStore({ client, appId: newAppId() });
    try {
      await use(store);
      await tracing.inSpan('request', async () => client.get('of the application'));
    } finally {
      client.disconnect();
    }
    const commands = sent.filter(({ name }) => name === 'eval');
    expect(commands.length).toBeGreaterThan(4);
    expect(commands.filter(({ suppressed }) => !suppressed)).toEqual([]);
    // What the application sends itself stays in its trace, with its arguments.
    expect(sent).toContainEqual(
      expect.objectContaining({ name: 'get', span: 'request', args: ['of the application'] }),
    );
  });

  it('show their arguments to nobody who looks on', async () => {
    const store = RedisTicketStore.fromUrl(server.url, { appId: newAppId() });
    await use(store);
    const shown = inspect([sent, told], { depth: 8, maxArrayLength: null });
    for (const secret of [ACCESS_TOKEN, SIGN_TICKET]) expect(shown).not.toContain(secret);
    expect(shown).toContain('[hidden]');
  });
});
