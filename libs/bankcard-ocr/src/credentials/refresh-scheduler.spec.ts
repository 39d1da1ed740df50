import { sleep } from '../runtime/abort.js';
import { type AuthOutcome, REQUEST_TIMEOUT_MS } from './scripted-auth.test-support.js';
import { MINUTE, RefreshStage, SECOND, type StoreOperation, TIMINGS } from './refresh-stage.test-support.js';
import type { TicketServiceOptions } from './credential-context.js';
import { TicketService } from './ticket.service.js';

let stage: RefreshStage;
let services: TicketService[];
/** How often the store was read. */
let reads: number;

beforeEach(() => {
  stage = new RefreshStage();
  services = [];
  reads = 0;
  stage.store.before = count;
});

function count(operation: StoreOperation): void {
  if (operation === 'read') reads += 1;
}

afterEach(async () => {
  await Promise.all(services.map((service) => service.close()));
  expect(stage.clock.pendingTimers).toBe(0);
});

function aService(change: Partial<TicketServiceOptions> = {}): TicketService {
  const service = new TicketService({ ...stage.context(), backgroundRefresh: true, ...change });
  services.push(service);
  return service;
}

const rest = () => stage.clock.advanceAsync(0);
const asked = () => stage.auth.tokenCalls.length;

describe('who waits for a refresh', () => {
  it('joins the one that runs, however many want one', async () => {
    const service = aService({ backgroundRefresh: false });
    const all = Promise.all(Array.from({ length: 50 }, () => service.getCredentials()));
    await rest();
    expect(new Set((await all).map(({ generation }) => generation))).toEqual(new Set([1]));
    expect(asked()).toBe(1);
  });

  it('may give up waiting, and the refresh goes on for the others', async () => {
    const service = aService({ backgroundRefresh: false });
    let respond = () => undefined as void;
    stage.auth.onToken = () => new Promise<void>((resolve) => void (respond = resolve));
    const caller = new AbortController();
    const [first, second] = [
      service.getCredentials(caller.signal).catch((error: unknown) => error),
      service.getCredentials(),
    ];
    await rest();
    caller.abort('enough');
    expect(await first).toBe('enough');
    respond();
    await rest();
    await expect(second).resolves.toMatchObject({ generation: 1 });
  });

  it('is refused at once while refreshes fail and their pause is not over', async () => {
    const service = aService({ backgroundRefresh: false });
    stage.auth.token = 'refused';
    const failed = service.getCredentials().catch((error: unknown) => error);
    await rest();
    expect(await failed).toMatchObject({ code: 'NO_VALID_TICKET', retryAfterMs: SECOND });
    stage.clock.advance(SECOND - 1);
    await expect(service.getCredentials()).rejects.toMatchObject({ code: 'NO_VALID_TICKET', retryAfterMs: 1 });
    expect(asked()).toBe(1);
    stage.auth.token = 'issued';
    stage.clock.advance(1);
    const then = service.getCredentials();
    await rest();
    await expect(then).resolves.toMatchObject({ generation: 1 });
  });
});

describe('how often a shared store is read while all is well', () => {
  it.each<[string, Partial<TicketServiceOptions>, number, number]>([
    // What: options, and between how many and how many reads a minute.
    ['in the background', {}, 12, 15],
    ['by a reader in the background', { role: 'reader' }, 12, 15],
    ['without a background, while nobody asks', { backgroundRefresh: false }, 0, 0],
  ])('%s', async (_what, options, least, most) => {
    await stage.store.put(stage.record({ current: stage.generation(1) }));
    aService(options).start();
    await rest();
    reads = 0;
    await stage.clock.advanceAsync(MINUTE);
    expect(reads).toBeGreaterThanOrEqual(least);
    expect(reads).toBeLessThanOrEqual(most);
    expect(asked()).toBe(0);
  });

  it('without a background: by whoever uses the credentials, once in five seconds for all', async () => {
    await stage.store.put(stage.record({ current: stage.generation(1) }));
    const service = aService({ backgroundRefresh: false });
    for (let second = 0; second < 20; second += 1) {
      const all = [service.getCredentials(), service.getCredentials(), service.getCredentials()];
      await rest();
      await Promise.all(all);
      stage.clock.advance(SECOND);
    }
    expect(reads).toBe(4);
    await stage.store.put({ ...stage.record({ current: stage.generation(2) }), writeId: 'of others' });
    stage.clock.advance(5 * SECOND);
    const now = service.getCredentials();
    await rest();
    await expect(now).resolves.toMatchObject({ generation: 2 });
  });

  it.each([true, false])('never, when it is of this process only; in the background: %s', async (backgroundRefresh) => {
    Object.defineProperty(stage.store, 'scope', { value: 'process' });
    await stage.store.put(stage.record({ current: stage.generation(1) }));
    const service = aService({ backgroundRefresh });
    service.start();
    const first = service.getCredentials();
    await rest();
    await first;
    reads = 0;
    await stage.clock.advanceAsync(5 * MINUTE);
    const then = service.getCredentials();
    await rest();
    await then;
    expect(reads).toBe(0);
  });
});

describe('what a store hints at', () => {
  it('is looked at once, and by a look that begins after the hint', async () => {
    await stage.store.put(stage.record({ current: stage.generation(1) }));
    const service = aService();
    service.start();
    await rest();
    // A look is under way, and has read what was there; now it is written, and hinted at.
    let goOn = () => undefined as void;
    const read = stage.store.read.bind(stage.store);
    stage.store.read = async () => {
      stage.store.read = read;
      const seen = await read();
      await new Promise<void>((resolve) => void (goOn = resolve));
      return seen;
    };
    const looking = service.reload();
    await rest();
    await stage.store.put({ ...stage.record({ current: stage.generation(2) }), writeId: 'of others' });
    goOn();
    await rest();
    await looking;
    expect(service.peek()?.generation).toBe(2);
  });

  it('is not needed: a store that cannot be watched is read all the same', async () => {
    stage.store.watch = () => {
      throw new Error('no watching here');
    };
    const service = aService();
    service.start();
    await rest();
    await stage.store.put({ ...stage.record({ current: stage.generation(5) }), writeId: 'of others' });
    await stage.clock.advanceAsync(TIMINGS.pollMs);
    expect(service.peek()?.generation).toBe(5);
  });
});

describe('what others have left in the store', () => {
  it.each<[string, () => object, boolean]>([
    ['a token without a ticket: it is finished', () => ({ pending: stage.token(2) }), true],
    ['a request without an answer: one more refresh', () => ({ unanswered: { sinceMs: 0, by: 'x' } }), true],
    ['the wish of a reader: a refresh', () => ({ rejectedId: 'generation-1' }), true],
    ['the wish of a reader for what has been replaced: none', () => ({ rejectedId: 'generation-0' }), false],
  ])('%s', async (_what, left, refreshes) => {
    await stage.store.put(stage.record({ current: stage.generation(1, 2 * MINUTE) }));
    const [service, reader] = [aService(), aService({ role: 'reader' })];
    service.start();
    reader.start();
    await rest();
    await stage.store.change(left());
    await stage.clock.advanceAsync(TIMINGS.pollMs);
    const generation = refreshes ? 2 : 1;
    expect([service.peek()?.generation, reader.peek()?.generation]).toEqual([generation, generation]);
    expect(stage.auth.ticketCalls).toHaveLength(refreshes ? 1 : 0);
  });
});

describe('the end', () => {
  it.each<[string, AuthOutcome, AuthOutcome, number]>([
    // What: how the token and the ticket end, and how long they take together.
    ['waits for the token that was asked for, and for its ticket', 'issued', 'issued', 2 * SECOND],
    ['waits for a token no longer than its request may take', 'hangs', 'issued', REQUEST_TIMEOUT_MS],
    ['waits for a ticket no longer than its request may take', 'issued', 'hangs', 2 * SECOND + REQUEST_TIMEOUT_MS],
  ])('%s, and nothing begins any more', async (_what, token, ticket, afterMs) => {
    Object.assign(stage.auth, { token, ticket });
    if (token === 'issued') stage.auth.onToken = () => sleep(stage.clock, 2 * SECOND);
    const service = aService();
    service.start();
    await rest();
    let closed = false;
    const closing = service.close().then(() => (closed = true));
    await stage.clock.advanceAsync(afterMs - 1);
    expect(closed).toBe(false);
    await stage.clock.advanceAsync(1);
    await closing;
    expect(service.status().refreshing).toBe(false);
    expect([asked(), stage.auth.ticketCalls.length]).toEqual([1, token === 'issued' ? 1 : 0]);
    const { current, pending, unanswered } = (await stage.store.stored())!;
    const isKept = token === 'issued' ? (ticket === 'issued' ? current : pending) : unanswered;
    expect(isKept).toBeDefined();
    service.start();
    await expect(service.getCredentials()).rejects.toMatchObject({ code: 'NO_VALID_TICKET', retryable: false });
    await stage.clock.advanceAsync(MINUTE);
    expect(asked()).toBe(1);
    // The lease is free for others.
    await expect(stage.store.acquireLease()).resolves.toBeDefined();
  });

  it('asks the vendor for nothing when it comes before the request', async () => {
    const service = aService();
    stage.store.hanging.add('lease');
    service.start();
    await rest();
    const closing = service.close();
    stage.store.goOn();
    await rest();
    await closing;
    expect(stage.trace).toEqual([]);
    await expect(stage.store.acquireLease()).resolves.toBeDefined();
  });

  it('waits for a look that runs', async () => {
    const service = aService({ backgroundRefresh: false });
    stage.store.hanging.add('read');
    const looking = service.reload();
    await rest();
    let isClosed = false;
    const closing = service.close().then(() => (isClosed = true));
    await rest();
    expect(isClosed).toBe(false);
    stage.store.goOn();
    await Promise.all([looking, closing]);
  });
});
