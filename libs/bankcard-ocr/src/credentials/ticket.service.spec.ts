import { isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { SYSTEM_RANDOM } from '../runtime/random.js';
import { ManualClock } from '../testing/manual-clock.js';
import { type AuthOutcome, ScriptedAuth } from './scripted-auth.test-support.js';
import { MemoryTicketStore } from './store/memory-ticket.store.js';
import type { TicketLease } from './store/ticket-store.js';
import type { TicketServiceOptions } from './credential-context.js';
import { TicketService } from './ticket.service.js';
import { timingsFor } from './timings.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const TIMINGS = timingsFor(20 * MINUTE, MINUTE);

/** Node's timers fire up to a millisecond early, and late while the event loop is busy. */
const TIMER_OFFSETS_MS = [-0.4, 0, 0.6];

/** A store that several services of one test share, as processes of one machine do; it can be out of order. */
class SharedStore extends MemoryTicketStore {
  override readonly scope = 'machine' as never;
  isDown = false;
  /** What hangs, as on a disk that is gone. */
  hanging: 'nothing' | 'read' | 'write' | 'lease' | 'release' = 'nothing';

  override async read(...args: Parameters<MemoryTicketStore['read']>) {
    await this.#pass('read');
    return super.read(...args);
  }

  override async compareAndSet(...args: Parameters<MemoryTicketStore['compareAndSet']>) {
    await this.#pass('write');
    return super.compareAndSet(...args);
  }

  override async acquireLease(): Promise<TicketLease | undefined> {
    await this.#pass('lease');
    const lease = await super.acquireLease();
    if (!lease) return undefined;
    return {
      id: lease.id,
      signal: lease.signal,
      throwIfLost: () => lease.throwIfLost(),
      release: async () => {
        // One that cannot be given back lapses.
        await this.#pass('release').catch(() => undefined);
        await lease.release();
      },
    };
  }

  async #pass(operation: SharedStore['hanging']): Promise<void> {
    if (this.isDown) throw Object.assign(new Error('down'), { code: 'EIO' });
    // What hung goes on once the disk is back.
    while (this.hanging === operation) await new Promise((resolve) => clock.setTimer(() => resolve(undefined), 1_000));
  }
}

let clock: ManualClock;
let auth: ScriptedAuth;
let services: TicketService[];

beforeEach(() => {
  clock = new ManualClock();
  auth = new ScriptedAuth(clock);
  services = [];
});

afterEach(async () => {
  const closed = Promise.all(services.map((service) => service.close()));
  await pass(MINUTE);
  await closed;
  expect(clock.pendingTimers).toBe(0);
});

function aService(change: Partial<TicketServiceOptions> = {}): TicketService {
  const service = new TicketService({
    store: new MemoryTicketStore(),
    auth: auth.asClient,
    ...{ role: 'refresher', random: SYSTEM_RANDOM, observeRefresh: (_reason, refresh) => refresh() },
    clock,
    storeClock: clock,
    timings: TIMINGS,
    secretFingerprint: 'fingerprint',
    backgroundRefresh: true,
    ...change,
  });
  services.push(service);
  return service;
}

/** Let time pass in steps; what is in memory only comes to rest within a few turns of the event loop. */
async function pass(ms: number, stepMs = 250): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(Math.min(stepMs, ms - passed));
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** How many have credentials that are not due. */
function fresh(): number {
  return services.filter((service) => service.status().state === 'fresh').length;
}

const PROCESSES = 3;
/** Alone, or sharing a store. */
const FLEETS: [string, () => TicketService[]][] = [
  ['one process', () => [aService()]],
  [
    'three processes that share a store',
    () => {
      const store = new SharedStore();
      return Array.from({ length: PROCESSES }, () => aService({ store }));
    },
  ],
];
const TROUBLES: [string, (auth: ScriptedAuth, outcome: AuthOutcome) => void, AuthOutcome][] = [
  ...(['http-503', 'refused', 'dns', 'lost'] as const).map(
    (outcome): [string, (auth: ScriptedAuth, outcome: AuthOutcome) => void, AuthOutcome] => [
      `access_token ends with ${outcome}`,
      (vendor, now) => (vendor.token = now),
      outcome,
    ],
  ),
  ...(['http-503', 'lost', 'unreadable', 'incomplete'] as const).map(
    (outcome): [string, (auth: ScriptedAuth, outcome: AuthOutcome) => void, AuthOutcome] => [
      `api_ticket ends with ${outcome}`,
      (vendor, now) => (vendor.ticket = now),
      outcome,
    ],
  ),
];

describe.each(TIMER_OFFSETS_MS)('with timers that miss their moment by %f ms', (offsetMs) => {
  beforeEach(() => void (clock.timerOffsetMs = offsetMs));

  describe.each(FLEETS)('%s, with nobody querying', (_fleet, make) => {
    it.each(TROUBLES)('has fresh credentials soon after six seconds in which %s', async (_what, set, outcome) => {
      set(auth, outcome);
      for (const service of make()) service.start();
      await pass(6 * SECOND);
      expect(fresh()).toBe(0);
      set(auth, 'issued');
      await pass(20 * SECOND);
      expect(fresh()).toBe(services.length);
    });

    it.each(TROUBLES)(
      'goes on refreshing after a later refresh met six seconds in which %s',
      async (_, set, outcome) => {
        for (const service of make()) service.start();
        await pass(19 * MINUTE, 5 * SECOND);
        set(auth, outcome);
        await pass(MINUTE + 6 * SECOND);
        set(auth, 'issued');
        await pass(20 * SECOND);
        expect(fresh()).toBe(services.length);
        const calls = auth.tokenCalls.length;
        await pass(40 * MINUTE, 5 * SECOND);
        expect(auth.tokenCalls.length - calls).toBe(2);
        expect(fresh()).toBe(services.length);
      },
    );

    it.each([
      ['was set back by two minutes', -2 * MINUTE],
      ['was set back by five hours', -300 * MINUTE],
      ['leapt ahead by five hours, as that of a machine that was suspended does', 300 * MINUTE],
    ])('has fresh credentials soon after a wall clock that %s while refreshes failed', async (_what, byMs) => {
      for (const service of make()) service.start();
      await pass(5 * MINUTE, 5 * SECOND);
      auth.token = 'http-503';
      clock.shiftWallClock(byMs);
      await pass(16 * MINUTE, 5 * SECOND);
      auth.token = 'issued';
      await pass(20 * SECOND);
      expect(fresh()).toBe(services.length);
    });
  });

  it('has fresh credentials soon after the shared store was down', async () => {
    const store = new SharedStore();
    store.isDown = true;
    for (let i = 0; i < PROCESSES; i += 1) aService({ store }).start();
    await pass(6 * SECOND);
    store.isDown = false;
    await pass(20 * SECOND);
    expect(fresh()).toBe(PROCESSES);
  });

  it.each(['read', 'write', 'lease', 'release'] as const)(
    'has fresh credentials soon after the %s of the shared store hung',
    async (operation) => {
      const store = new SharedStore();
      for (let i = 0; i < PROCESSES; i += 1) aService({ store }).start();
      await pass(19 * MINUTE, 5 * SECOND);
      store.hanging = operation;
      await pass(2 * MINUTE);
      store.hanging = 'nothing';
      await pass(40 * SECOND);
      expect(fresh()).toBe(PROCESSES);
      const calls = auth.tokenCalls.length;
      await pass(40 * MINUTE, 5 * SECOND);
      expect(auth.tokenCalls.length - calls).toBe(2);
    },
  );

  it('a reader has them soon after a refresher has', async () => {
    const store = new SharedStore();
    auth.token = 'refused';
    for (const role of ['refresher', 'reader', 'reader'] as const) aService({ store, role }).start();
    await pass(8 * SECOND);
    auth.token = 'issued';
    await pass(20 * SECOND);
    expect(fresh()).toBe(3);
    await expect(services[2]!.getCredentials()).resolves.toMatchObject({ generation: 1 });
  });

  it('a forced refresh waits for its pause to the end', async () => {
    const service = aService();
    service.start();
    await pass(SECOND);
    await service.refresh();
    const again = service.refresh().catch((error: unknown) => error);
    await pass(0);
    expect(isBankCardOcrError(await again) && (await again)).toMatchObject({ code: 'RATE_LIMITED' });
    await pass(MINUTE);
    await expect(service.refresh()).resolves.toMatchObject({ generation: 3 });
  });
});

describe('a machine that was suspended while a response was on its way', () => {
  it('dates what it was given by when it was asked for, so that nothing older is put over something newer', async () => {
    const store = new SharedStore();
    const service = aService({ store });
    let respond = (): void => undefined;
    let sentAtMs = 0;
    const apiTicket = auth.apiTicket.bind(auth);
    auth.apiTicket = async (...args) => {
      sentAtMs = clock.now();
      const ticket = await apiTicket(...args);
      await new Promise<void>((resolve) => (respond = resolve));
      return ticket;
    };
    service.start();
    await pass(SECOND);
    clock.shiftWallClock(3 * MINUTE);
    store.isDown = true;
    respond();
    await pass(SECOND);
    // The store has not got it, so what it has lost is put back.
    store.isDown = false;
    await pass(10 * SECOND);
    expect((await store.read())?.current?.ticketRequestedAtMs).toBe(sentAtMs);
  });
});

describe('what the vendor says of lives', () => {
  it.each([1e-9, 1e-3, 1, 999])('a life of %f ms does not make refreshes follow on each other', async (lifeMs) => {
    auth.tokenLifeMs = lifeMs;
    auth.ticketLifeMs = lifeMs;
    const service = aService();
    service.start();
    for (let passed = 0; passed < 30 * MINUTE; passed += SECOND) {
      await pass(SECOND);
      await service.getCredentials();
    }
    const pauses = auth.tokenCalls.slice(1).map((at, index) => at - auth.tokenCalls[index]!);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(TIMINGS.overlapMs * 0.98);
  });
});

describe('what goes wrong after the token response has arrived', () => {
  it.each<AuthOutcome>(['unreadable', 'cut-off', 'incomplete'])(
    'an %s token is not asked for again within an overlap, by nobody, whoever queries',
    async (outcome) => {
      auth.token = outcome;
      const store = new SharedStore();
      for (let i = 0; i < PROCESSES; i += 1) aService({ store }).start();
      for (let passed = 0; passed < 58 * SECOND; passed += SECOND) {
        const queries = services.map(async (service) => service.getCredentials().catch((error: unknown) => error));
        await pass(SECOND);
        for (const failure of await Promise.all(queries)) expect(failure).toMatchObject({ code: 'NO_VALID_TICKET' });
      }
      expect(auth.tokenCalls).toHaveLength(1);
      auth.token = 'issued';
      await pass(10 * SECOND);
      expect(auth.tokenCalls).toHaveLength(2);
      expect(fresh()).toBe(PROCESSES);
    },
  );

  it.each<AuthOutcome>(['http-503', 'lost', 'unreadable', 'incomplete', 'rejected', 'refused'])(
    'a ticket that ends with %s is asked for again, with the same token',
    async (outcome) => {
      auth.ticket = outcome;
      aService().start();
      await pass(58 * SECOND);
      expect(auth.tokenCalls).toHaveLength(1);
      expect(auth.ticketCalls.length).toBeGreaterThan(3);
      auth.ticket = 'issued';
      await pass(20 * SECOND);
      expect(new Set(auth.ticketCalls.map(({ accessToken }) => accessToken))).toEqual(new Set(['token-1']));
      expect(fresh()).toBe(1);
    },
  );

  it('a token that the store could not take is not lost, and its ticket is asked for when the store is back', async () => {
    const store = new SharedStore();
    aService({ store }).start();
    auth.ticket = 'lost';
    const tokenCalled = auth.accessToken.bind(auth);
    auth.accessToken = async (...args) => {
      const token = await tokenCalled(...args);
      store.isDown = true;
      return token;
    };
    await pass(10 * SECOND);
    store.isDown = false;
    auth.ticket = 'issued';
    await pass(20 * SECOND);
    expect(auth.tokenCalls).toHaveLength(1);
    expect(fresh()).toBe(1);
  });

  it('a token that is refused until the overlap is over is replaced then', async () => {
    const apiTicket = auth.apiTicket.bind(auth);
    auth.apiTicket = async (request) => {
      auth.ticket = request.accessToken === 'token-1' ? 'rejected' : 'issued';
      return apiTicket(request);
    };
    aService().start();
    await pass(59 * SECOND);
    expect(auth.tokenCalls).toHaveLength(1);
    await pass(3 * SECOND);
    expect(auth.tokenCalls).toHaveLength(2);
    expect(fresh()).toBe(1);
  });
});
