import { BankCardOcrConfigurationError, MemoryTicketStore } from 'nestjs-bankcard-ocr';
import { optionsFor, startApplication } from '../support/application.js';
import { MINUTE, SECOND } from '../support/moved-time.js';
import { SharedStage } from '../support/shared-stage.js';
import { TroubledStore } from '../support/troubled-store.js';

const READER = { role: 'reader' } as const;

let stage: SharedStage;
beforeEach(async () => void (stage = await SharedStage.begin()));
afterEach(() => stage.end());

/** May look at what another store holds, and nothing else. */
class ReadOnlyView extends TroubledStore {
  constructor(private readonly whole: TroubledStore) {
    super();
    this.troubles.add('swap').add('lease');
  }

  override async open(access?: 'read' | 'write'): Promise<void> {
    if (access !== 'read') throw Object.assign(new Error('no'), { code: 'EACCES' });
  }

  override async read(): ReturnType<TroubledStore['read']> {
    return this.whole.read();
  }
}

/** How often the vendor's auth endpoints were called; whoever called. */
const authCalls = () => stage.sandbox.calls.accessToken + stage.sandbox.calls.apiTicket;

describe('a reader', () => {
  it('uses what the refresher stores, and never calls the auth endpoints', async () => {
    const refresher = await stage.join();
    const reader = await stage.join(READER);
    stage.sandbox.configure({ minRefreshIntervalMs: 19 * MINUTE });
    await stage.passAndQuery(45 * MINUTE, 30 * SECOND);
    expect(authCalls()).toBe(6);
    expect(reader.counts.updates).toEqual({ refreshed: 0, adopted: 3 });
    expect(reader.tickets.status()).toMatchObject({ role: 'reader', generation: 3, state: 'fresh' });
    expect(refresher.tickets.status()).toMatchObject({ role: 'refresher', generation: 3 });
    expect(stage.sandbox.rejected).toBe(0);
    expect(stage.sandbox.violations()).toEqual([]);
  });

  it('that starts first waits for a refresher, says what is missing, and begins as soon as one has come', async () => {
    const reader = await stage.join(READER);
    await stage.flow(MINUTE);
    const failed = inTime(reader.query());
    await expect(failed).rejects.toMatchObject({ code: 'NO_VALID_TICKET', retryable: true });
    await expect(failed).rejects.toThrow(/role 'reader' fetches none: is a refresher running/);
    expect(authCalls()).toBe(0);
    await stage.join();
    await stage.pass(SECOND, 500);
    await reader.query();
    expect(reader.tickets.status()).toMatchObject({ state: 'fresh', generation: 1 });
    expect(reader.tickets.status()).not.toHaveProperty('failure');
    expect(authCalls()).toBe(2);
  });

  it('serves a caller who was there before the refresher', async () => {
    const reader = await stage.join({ ...READER, backgroundRefresh: false });
    const early = reader.query();
    await stage.rest();
    await stage.join();
    await stage.flow(SECOND);
    await expect(early).resolves.toBeUndefined();
  });

  it('serves what is due to its end while the refresher is down, and then fails with a typed error', async () => {
    const refresher = await stage.join();
    const reader = await stage.join(READER);
    await stage.leave(refresher);
    await stage.passAndQuery(59 * MINUTE + 50 * SECOND, 30 * SECOND);
    await stage.pass(15 * SECOND, SECOND);
    await expect(inTime(reader.query())).rejects.toMatchObject({ code: 'NO_VALID_TICKET' });
    expect(authCalls()).toBe(2);
  });

  it('does not ask the store for every query when credentials are due', async () => {
    const refresher = await stage.join();
    const reader = await stage.join(READER);
    await stage.leave(refresher);
    await stage.pass(21 * MINUTE, 10 * SECOND);
    const before = stage.store.asked.read;
    for (let round = 0; round < 30; round += 1) await reader.query();
    expect(stage.store.asked.read - before).toBeLessThanOrEqual(1);
  });

  it('that is rejected asks the refresher for other credentials, and its caller gets a result', async () => {
    const refresher = await stage.join();
    const reader = await stage.join(READER);
    await stage.pass(5 * MINUTE, MINUTE);
    stage.sandbox.killCredentials();
    await Promise.all([reader.query(), inTime(reader.query())]);
    expect(authCalls()).toBe(4);
    expect(refresher.eventsOf('refresh-started').at(-1)).toMatchObject({ reason: 'rejected', forced: true });
    expect(stage.store.record).not.toHaveProperty('rejectedId', expect.anything());
    // One forced refresh an overlap, whoever wants it.
    stage.sandbox.killCredentials();
    await expect(inTime(reader.query())).rejects.toMatchObject({ code: 'CREDENTIALS_REJECTED', vendorCode: '400102' });
    await stage.pass(MINUTE, 5 * SECOND);
    await inTime(reader.query());
    expect(authCalls()).toBe(6);
  });

  it('whose refresh() is called says that it never refreshes, and serves on', async () => {
    await stage.join();
    const reader = await stage.join(READER);
    const refused = reader.tickets.refresh();
    await expect(refused).rejects.toMatchObject({ code: 'CONFIGURATION', retryable: false });
    await expect(refused).rejects.toThrow(
      /role 'reader' never refreshes: call refresh\(\) in one with role 'refresher'/,
    );
    expect(reader.tickets.status()).not.toHaveProperty('failure');
    expect(reader.eventsOf('refresh-failed')).toEqual([]);
    stage.sandbox.killCredentials();
    await inTime(reader.query());
    expect(authCalls()).toBe(4);
  });

  it('with a store that it may only read is served as well, and writes nothing', async () => {
    await stage.join();
    const reader = await stage.join({ ...READER, ticketStore: new ReadOnlyView(stage.store) });
    await stage.passAndQuery(25 * MINUTE, 30 * SECOND);
    expect(reader.tickets.status()).toMatchObject({ generation: 2 });
    // It cannot ask; that is what its access says, and no outage of the store.
    stage.sandbox.killCredentials();
    await expect(inTime(reader.query())).rejects.toMatchObject({ code: 'CREDENTIALS_REJECTED' });
    expect(reader.eventsOf('store-failed')).toEqual([]);
    await stage.pass(20 * MINUTE, 10 * SECOND);
    await reader.query();
  });

  it('puts nothing back that the store has lost: a refresher does', async () => {
    const refresher = await stage.join();
    await stage.join(READER);
    await stage.leave(refresher);
    stage.store.rollBackTo(undefined);
    await stage.passAndQuery(30 * SECOND, SECOND);
    expect(stage.store.record).toBeUndefined();
  });

  it.each([
    ['named', 'memory:'],
    ['handed in', new MemoryTicketStore()],
  ])('on a store of this process only, %s, does not start', async (_how, ticketStore) => {
    const refused = startApplication(stage.sandbox, { ...READER, ticketStore });
    await expect(refused).rejects.toBeInstanceOf(BankCardOcrConfigurationError);
    await expect(refused).rejects.toThrow(
      /role \(BANKCARD_OCR_ROLE\): cannot be 'reader' with a store of this process/,
    );
    expect(optionsFor(stage.sandbox).role).toBeUndefined();
  });
});

/** Let as much time pass as a reader waits at most; then the promise settles. */
async function inTime(waiting: Promise<void>): Promise<void> {
  waiting.catch(() => undefined);
  await stage.flow(6 * SECOND);
  return waiting;
}
