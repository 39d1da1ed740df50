import type { DynamicModule } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  BankCardOcrAccountsModule,
  BankCardOcrClientFactory,
  BankCardOcrModule,
  type BankCardOcrOptions,
  type ClientFactoryOptions,
  MemoryTicketStore,
} from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { MemoryLog } from '../support/memory-log.js';

const TIMEOUT_MS = 15_000;

describe('accounts that are known only at run time', () => {
  const clock = new ManualClock();
  const sandboxes = new Map<string, KycSandbox>();
  const resolved: string[] = [];
  const log = new MemoryLog();
  const applications: TestingModule[] = [];

  async function sandboxOf(id: string): Promise<KycSandbox> {
    const started = await KycSandbox.start({ appId: `IDA${id.toUpperCase()}`, unknownOrders: 'invent', clock });
    sandboxes.set(id, started);
    return started;
  }

  const resolve = async (id: string): Promise<Partial<BankCardOcrOptions>> => {
    resolved.push(id);
    return optionsOf(id);
  };

  function optionsOf(id: string): { appId: string; secret: string; baseUrl: string } {
    const sandbox = sandboxes.get(id);
    if (!sandbox) throw new RangeError(`no tenant ${id}`);
    return { appId: sandbox.appId, secret: sandbox.secret, baseUrl: sandbox.url };
  }

  async function start(
    options: Partial<ClientFactoryOptions> = {},
    others: readonly DynamicModule[] = [],
  ): Promise<BankCardOcrClientFactory> {
    const imports = [
      ...others,
      BankCardOcrAccountsModule.forRootAsync({
        useFactory: () => ({ resolve, defaults: { clock, backgroundRefresh: false }, ...options }),
      }),
    ];
    const application = await Test.createTestingModule({ imports }).setLogger(log).compile();
    applications.push(application);
    return application.get(BankCardOcrClientFactory);
  }

  beforeEach(async () => {
    await Promise.all(['aa', 'bb', 'cc'].map(sandboxOf));
    resolved.splice(0);
  });

  afterEach(async () => {
    await Promise.all(applications.splice(0).map((application) => application.close()));
    await Promise.all([...sandboxes.values()].map((sandbox) => sandbox.stop()));
    sandboxes.clear();
  });

  it('have credentials and events of their own', async () => {
    const factory = await start();
    const [a, b] = [await factory.get('aa'), await factory.get('bb')];
    const events: string[] = [];
    a.tickets.events$.subscribe(({ type }) => void events.push(type));
    await b.results.query('order1');
    expect(events).toEqual([]);
    await a.results.query('order1');
    expect(events).toContain('credentials-updated');
    for (const id of ['aa', 'bb']) {
      expect(sandboxes.get(id)?.calls).toMatchObject({ accessToken: 1, result: 1 });
      expect(sandboxes.get(id)?.violations()).toEqual([]);
    }
    expect(log.lines.map(({ text, context }) => `${context} ${text}`).join()).not.toMatch(/IDAAA|IDABB/);
  });

  it('are resolved once, however many callers want one at the same time', async () => {
    const factory = await start();
    const clients = await Promise.all(Array.from({ length: 50 }, () => factory.get('aa')));
    expect(new Set(clients).size).toBe(1);
    expect(resolved).toEqual(['aa']);
  });

  it('do not suffer from one that cannot be resolved, which is tried anew', async () => {
    const factory = await start();
    await expect(Promise.all([factory.get('dd'), factory.get('dd')])).rejects.toThrow('no tenant dd');
    await expect(factory.get('aa')).resolves.toBeDefined();
    await sandboxOf('dd');
    await expect(factory.get('dd')).resolves.toBeDefined();
    expect(resolved).toEqual(['dd', 'aa', 'dd']);
  });

  it('make room for others, the one first that was not asked for the longest', async () => {
    const factory = await start({ maxAccounts: 2 });
    const a = await factory.get('aa');
    const b = await factory.get('bb');
    await factory.get('aa');
    await factory.get('cc');
    expect(factory.size).toBe(2);
    // Calls that are under way have their time to end.
    await expect(b.results.query('order1')).resolves.toBeDefined();
    clock.advance(TIMEOUT_MS);
    await expect(b.results.query('order1')).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(a.results.query('order1')).resolves.toBeDefined();
    expect(await factory.get('bb')).not.toBe(b);
  });

  it('that are asked for again while they leave stay', async () => {
    const factory = await start({ maxAccounts: 1 });
    const a = await factory.get('aa');
    await factory.get('bb');
    clock.advance(TIMEOUT_MS - 1);
    expect(await factory.get('aa')).toBe(a);
    clock.advance(TIMEOUT_MS);
    await expect(a.results.query('order1')).resolves.toBeDefined();
    expect(resolved).toEqual(['aa', 'bb']);
  });

  it('are forgotten when their secret has changed', async () => {
    const factory = await start();
    const before = await factory.get('aa');
    await before.results.query('order1');
    sandboxes.get('aa')?.changeSecret();
    await factory.evict('aa');
    await expect(before.results.query('order1')).rejects.toThrow('the module is closed');
    await expect((await factory.get('aa')).results.query('order1')).resolves.toBeDefined();
    await factory.evict('nobody');
  });

  it('cannot share an app id or a store object', async () => {
    const ticketStore = new MemoryTicketStore();
    const factory = await start({
      resolve: async (id) => ({
        ...(await resolve(id === 'twin' ? 'aa' : id)),
        ticketStore: id === 'twin' ? undefined : ticketStore,
      }),
    });
    await factory.get('aa');
    await expect(factory.get('twin')).rejects.toThrow(/appId: is that of another account/);
    await expect(factory.get('bb')).rejects.toThrow(/ticketStore.*one object for a client of .* make one for each/);
    expect(factory.size).toBe(1);
  });

  it('cannot have the app id of a registration of the same application', async () => {
    const loans = BankCardOcrModule.forRoot({ name: 'loans', ...optionsOf('aa'), backgroundRefresh: false });
    const factory = await start({}, [loans]);
    await expect(factory.get('aa')).rejects.toThrow(/appId: is that of another account \('loans'\)/);
    await expect(factory.get('bb')).resolves.toBeDefined();
  });

  it('give their app id free when they are forgotten, also while they are being made', async () => {
    const factory = await start();
    const beingMade = factory.get('aa');
    await factory.evict('aa');
    await (await beingMade).results.query('order1').catch(() => undefined);
    await factory.get('aa');
    await factory.evict('aa');
    await expect((await factory.get('aa')).results.query('order1')).resolves.toBeDefined();
    expect(resolved).toEqual(['aa', 'aa', 'aa']);
  });

  it('have their options checked when they are known, those of the factory at the start', async () => {
    const factory = await start({ resolve: () => ({ appId: 'IDAAA' }), defaults: { baseUrl: 'http://127.0.0.1:1' } });
    await expect(factory.get('aa')).rejects.toThrow(/secret/);
    await expect(factory.get('')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(start({ maxAccounts: 0 })).rejects.toThrow(/maxAccounts: must be a whole number/);
    await expect(start({ resolve: undefined })).rejects.toThrow(/resolve: must be a function/);
  });

  it('have the defaults of the factory for what they leave open, empty columns of a database too', async () => {
    const factory = await start({
      resolve: async (id) => ({
        ...(await resolve(id)),
        ticketStore: '',
        timeoutMs: undefined,
        maxAttempts: '2' as never,
      }),
      defaults: { ticketStore: new MemoryTicketStore(), timeoutMs: 4_321 },
      maxAccounts: '3' as never,
    });
    const client = await factory.get('aa');
    expect(client.tickets.status().store.description).toBe('memory:');
    await expect(client.results.query('order1')).resolves.toBeDefined();
    // The store is one object, which only defaults can have made that of both.
    await expect(factory.get('bb')).rejects.toThrow(/ticketStore.*one object/);
  });

  it('end with the application', async () => {
    const factory = await start();
    const client = await factory.get('aa');
    await applications[0]?.close();
    await expect(client.results.query('order1')).rejects.toMatchObject({ code: 'NO_VALID_TICKET' });
    await expect(factory.get('aa')).rejects.toMatchObject({ code: 'NO_VALID_TICKET' });
  });
});
