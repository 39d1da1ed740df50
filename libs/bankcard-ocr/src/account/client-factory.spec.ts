import { MemoryTicketStore } from '../credentials/store/memory-ticket.store.js';
import type { BankCardOcrOptions } from '../options/bankcard-ocr.options.js';
import { ManualClock } from '../testing/manual-clock.js';
import { type BankCardOcrClient } from './create-client.js';
import { BankCardOcrClientFactory, type ClientFactoryOptions } from './client-factory.js';

const TIMEOUT_MS = 15_000;

let clock: ManualClock;
let resolved: string[];
/** App ids that an account has. */
let registered: string[];
let factory: BankCardOcrClientFactory;
/** Lets the options of an account be known, or its resolving fail. */
let known: Map<string, { resolve: () => void; reject: (error: Error) => void }>;

const SECRET = 'c'.repeat(64);
const optionsOf = (id: string): Partial<BankCardOcrOptions> => ({ appId: `IDA${id.toUpperCase()}`, secret: SECRET });

function aFactory(options: Partial<ClientFactoryOptions> = {}): BankCardOcrClientFactory {
  factory = new BankCardOcrClientFactory(
    {
      resolve: (id) => {
        resolved.push(id);
        return optionsOf(id);
      },
      defaults: { baseUrl: 'http://127.0.0.1:1', clock, backgroundRefresh: false, timeoutMs: TIMEOUT_MS },
      maxAccounts: 2,
      ...options,
    },
    {
      clientSurroundings: (name) => ({
        log: { log() {}, warn() {}, error() {}, debug() {} },
        debugs: () => false,
        name,
      }),
      register: ({ appId }) => {
        if (registered.includes(appId)) throw new Error(`${appId} is registered`);
        registered.push(appId);
        return () => {
          if (registered.includes(appId)) registered.splice(registered.indexOf(appId), 1);
        };
      },
    },
  );
  return factory;
}

/** A factory whose accounts have options only when a spec says so. */
function aSlowFactory(maxAccounts = 2): BankCardOcrClientFactory {
  return aFactory({
    maxAccounts,
    resolve: (id) => {
      resolved.push(id);
      return new Promise((resolve, reject) => known.set(id, { resolve: () => resolve(optionsOf(id)), reject }));
    },
  });
}

const turns = async (count = 30) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const isClosed = async (client: BankCardOcrClient) => {
  const error = await client.tickets.getCredentials(AbortSignal.abort('asked')).catch((thrown: unknown) => thrown);
  return (error as Error).message?.includes('the module is closed') ?? false;
};

beforeEach(() => {
  clock = new ManualClock();
  [resolved, registered] = [[], []];
  known = new Map();
});

afterEach(async () => {
  const closed = factory.close();
  for (const { reject } of known.values()) reject(new Error('the spec is over'));
  await closed;
  await turns();
  expect([factory.size, registered, clock.pendingTimers]).toEqual([0, [], 0]);
});

describe('which accounts have a client, by whom was asked for', () => {
  it.each<[string, number, string[], string[], string[]]>([
    // What: accounts at once, asked for in this order, those that stay, those that are closed after their time.
    ['fewer than there is room for', 2, ['a', 'b'], ['a', 'b'], []],
    ['one more', 2, ['a', 'b', 'c'], ['b', 'c'], ['a']],
    ['the first is asked for again, and stays', 2, ['a', 'b', 'a', 'c'], ['a', 'c'], ['b']],
    ['one that leaves comes back', 2, ['a', 'b', 'c', 'a'], ['c', 'a'], ['b']],
    ['one that leaves comes back, and leaves again', 2, ['a', 'b', 'c', 'a', 'b', 'c'], ['b', 'c'], ['a']],
    ['one at a time', 1, ['a', 'b', 'c'], ['c'], ['a', 'b']],
    ['two that take turns in one place', 1, ['a', 'b', 'a', 'b', 'a'], ['a'], ['b']],
  ])('%s', async (_what, maxAccounts, asked, stay, leave) => {
    for (const atOnce of [false, true]) {
      [resolved, registered] = [[], []];
      aFactory({ maxAccounts });
      const clients = new Map<string, BankCardOcrClient>();
      const calls: Promise<void>[] = [];
      for (const id of asked) {
        const call = factory.get(id).then((client) => {
          // An account that comes back has the client that it had: a second one would refresh beside it.
          expect(clients.get(id) ?? client).toBe(client);
          clients.set(id, client);
        });
        calls.push(call);
        if (!atOnce) await call;
      }
      await Promise.all(calls);
      await turns();
      expect(factory.size).toBe(stay.length);
      clock.advance(TIMEOUT_MS - 1);
      await turns();
      for (const client of clients.values()) expect(await isClosed(client)).toBe(false);
      clock.advance(1);
      await turns();
      for (const id of leave) expect(await isClosed(clients.get(id)!)).toBe(true);
      for (const id of stay) expect(await isClosed(clients.get(id)!)).toBe(false);
      expect(registered.sort()).toEqual(stay.map((id) => `IDA${id.toUpperCase()}`).sort());
      expect(resolved).toEqual([...new Set(asked)]);
      await factory.close();
      expect(clock.pendingTimers).toBe(0);
    }
  });

  it('one that has left is made anew', async () => {
    aFactory({ maxAccounts: 1 });
    const first = await factory.get('a');
    await factory.get('b');
    clock.advance(TIMEOUT_MS);
    await turns();
    expect(await factory.get('a')).not.toBe(first);
    expect(resolved).toEqual(['a', 'b', 'a']);
  });

  it('one that left, came back and left again while it was being made has one end, and comes back once more', async () => {
    aSlowFactory(1);
    const calls = ['a', 'b', 'a', 'b'].map((id) => factory.get(id));
    await turns();
    known.get('a')!.resolve();
    known.get('b')!.resolve();
    const [a] = await Promise.all(calls);
    await turns();
    expect(await factory.get('a')).toBe(a);
    await turns();
    clock.advance(10 * TIMEOUT_MS);
    await turns();
    expect(await isClosed(a!)).toBe(false);
  });

  it('one that is being made and has to make room is closed in its time', async () => {
    aSlowFactory(1);
    const a = factory.get('a');
    await turns();
    const b = factory.get('b');
    await turns();
    clock.advance(10 * TIMEOUT_MS);
    known.get('a')!.resolve();
    known.get('b')!.resolve();
    expect(await isClosed(await a)).toBe(false);
    await turns();
    clock.advance(TIMEOUT_MS);
    await turns();
    expect([await isClosed(await a), await isClosed(await b)]).toEqual([true, false]);
  });
});

describe('an account that cannot be made', () => {
  const reason = new Error('no such tenant');

  it.each<[string, Partial<ClientFactoryOptions>, object]>([
    ['its options cannot be had', { resolve: () => Promise.reject(reason) }, reason],
    [
      'its options cannot be had, and resolve() throws',
      {
        resolve: () => {
          throw reason;
        },
      },
      reason,
    ],
    ['it has no secret', { resolve: () => ({ appId: 'IDAA' }) }, { code: 'CONFIGURATION' }],
    ['it has nothing', { resolve: () => undefined as never }, { code: 'CONFIGURATION' }],
    [
      'its store cannot be used',
      {
        resolve: (id) => {
          const ticketStore = new MemoryTicketStore();
          ticketStore.open = () => Promise.reject(new Error('no'));
          return { ...optionsOf(id), ticketStore };
        },
      },
      { code: 'CONFIGURATION' },
    ],
  ])('because %s: tells all who wait, is not kept, and takes no app id', async (_why, options, thrown) => {
    aFactory(options);
    const calls = await Promise.allSettled([factory.get('a'), factory.get('a')]);
    for (const call of calls) expect(call).toMatchObject({ status: 'rejected', reason: thrown });
    expect([factory.size, registered]).toEqual([0, []]);
    await expect(factory.get('a')).rejects.toMatchObject(thrown);
  });

  it('because another account has its app id: the other one stays', async () => {
    aFactory({ resolve: () => optionsOf('same') });
    const a = await factory.get('a');
    await expect(factory.get('b')).rejects.toThrow('IDASAME is registered');
    expect(registered).toEqual(['IDASAME']);
    expect(await factory.get('a')).toBe(a);
  });

  it('while it leaves: it is gone, and nothing waits for its time', async () => {
    aSlowFactory(1);
    const a = factory.get('a');
    await turns();
    const b = factory.get('b');
    await turns();
    known.get('a')!.reject(reason);
    known.get('b')!.resolve();
    await expect(a).rejects.toBe(reason);
    await b;
    await turns();
    expect(clock.pendingTimers).toBe(0);
    void factory.get('a').catch(() => undefined);
    await turns();
    expect(resolved).toEqual(['a', 'b', 'a']);
  });

  it.each([['' as unknown], [undefined], [7]])('because its id is %p: resolve() is not asked', async (id) => {
    aFactory();
    await expect(factory.get(id as string)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(resolved).toEqual([]);
  });
});

describe('an account that is forgotten', () => {
  it.each<[string, () => Promise<BankCardOcrClient>]>([
    ['has its client', () => factory.get('a')],
    [
      'is leaving',
      async () => {
        const client = await factory.get('a');
        await factory.get('b');
        await factory.get('c');
        return client;
      },
    ],
  ])('when it %s: is closed at once, gives its app id free and is made anew', async (_state, make) => {
    aFactory();
    const client = await make();
    await factory.evict('a');
    expect(await isClosed(client)).toBe(true);
    expect(registered).not.toContain('IDAA');
    expect(await factory.get('a')).not.toBe(client);
    clock.advance(TIMEOUT_MS);
    await turns();
    expect(await isClosed(await factory.get('a'))).toBe(false);
  });

  it('while it is being made: is closed as soon as it is made, and releases its app id', async () => {
    aSlowFactory();
    const a = factory.get('a');
    await turns();
    const forgotten = factory.evict('a');
    expect(factory.size).toBe(0);
    known.get('a')!.resolve();
    await forgotten;
    expect(await isClosed(await a)).toBe(true);
    expect(registered).toEqual([]);
  });

  it('while it is being made, and asked for again: the new one is another, and stays', async () => {
    aSlowFactory();
    const first = factory.get('a');
    await turns();
    const { reject } = known.get('a')!;
    const forgotten = factory.evict('a');
    const second = factory.get('a');
    await turns();
    reject(new Error('too late'));
    await expect(first).rejects.toThrow('too late');
    await forgotten;
    known.get('a')!.resolve();
    expect(await factory.get('a')).toBe(await second);
    expect(registered).toEqual(['IDAA']);
  });

  it('is no fault when there is none, or it could not be made', async () => {
    aSlowFactory();
    await expect(factory.evict('nobody')).resolves.toBeUndefined();
    const a = factory.get('a');
    await turns();
    const forgotten = factory.evict('a');
    known.get('a')!.reject(new Error('no'));
    await expect(a).rejects.toThrow('no');
    await expect(forgotten).resolves.toBeUndefined();
  });
});

describe('a factory that is closed', () => {
  it('closes the clients that it has, those that are leaving and those that are being made, and makes no other', async () => {
    aSlowFactory(1);
    const asked = ['a', 'b', 'c'].map((id) => factory.get(id));
    await turns();
    known.get('a')!.resolve();
    known.get('b')!.resolve();
    await Promise.all(asked.slice(0, 2));
    await turns();
    const closed = factory.close();
    known.get('c')!.resolve();
    await closed;
    for (const client of await Promise.all(asked)) expect(await isClosed(client)).toBe(true);
    expect([factory.size, registered, clock.pendingTimers]).toEqual([0, [], 0]);
    await expect(factory.get('a')).rejects.toMatchObject({ code: 'NO_VALID_TICKET' });
    await expect(factory.close()).resolves.toBeUndefined();
  });

  it('leaves open a store that the application has made', async () => {
    const ticketStore = new MemoryTicketStore();
    let closes = 0;
    ticketStore.close = async () => void (closes += 1);
    aFactory({ resolve: (id) => ({ ...optionsOf(id), ticketStore }) });
    await factory.get('a');
    await factory.close();
    expect(closes).toBe(0);
  });
});
