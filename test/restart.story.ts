import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BankCardOcrOptions, MemoryTicketStore, type TicketRecord } from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { startApplication, type TestApplication } from './support/application.js';
import { atRest, passTime, type Scene } from './support/passing-time.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let clock: ManualClock;
let sandbox: KycSandbox;
let directory: string;
let running: TestApplication[] = [];

beforeEach(async () => {
  clock = new ManualClock();
  sandbox = await KycSandbox.start({ clock, unknownOrders: 'invent' });
  directory = await mkdtemp(join(tmpdir(), 'tickets-'));
});

afterEach(async () => {
  sandbox.clearFaults();
  await Promise.all(running.map(({ application }) => application.close()));
  running = [];
  await sandbox.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Start the application anew, on the same file unless `change` says otherwise. */
async function restart(change: Partial<BankCardOcrOptions> = {}): Promise<TestApplication & { scene: Scene }> {
  await Promise.all(running.map(({ application }) => application.close()));
  const app = await startApplication(sandbox, { clock, ticketStore: `file:${directory}`, ...change });
  running = [app];
  const scene = { clock, sandbox, tickets: [app.tickets] };
  await atRest(scene);
  return { ...app, scene };
}

describe('after a restart', () => {
  it('stored credentials are used, with the life that is left to them', async () => {
    await restart();
    clock.advance(10 * MINUTE);
    const { tickets, ocr } = await restart();
    expect(tickets.status()).toMatchObject({
      state: 'fresh',
      generation: 1,
      ageMs: 10 * MINUTE,
      remainingMs: 50 * MINUTE,
    });
    await ocr.query('order1');
    expect(sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1 });
  });

  it('credentials that are due are served at once, while the refresh runs', async () => {
    await restart();
    clock.advance(30 * MINUTE);
    sandbox.injectFault({ endpoint: 'auth', kind: 'hang' });
    const { tickets } = await restart();
    await expect(tickets.current()).resolves.toMatchObject({ generation: 1 });
    expect(tickets.status()).toMatchObject({ state: 'due', refreshing: true });
    clock.advance(MINUTE);
  });

  it.each([
    ['beyond their life', 61 * MINUTE],
    ['from the future: the clock was set back', -5 * MINUTE],
  ])('credentials %s are not used', async (_why, shiftMs) => {
    await restart();
    clock.shiftWallClock(shiftMs);
    const { tickets, ocr } = await restart();
    expect(tickets.status()).toMatchObject({ state: 'fresh', generation: 2 });
    await ocr.query('order1');
    expect(sandbox.calls.accessToken).toBe(2);
  });

  it('with another secret what was stored is dropped', async () => {
    await restart();
    sandbox.changeSecret();
    const { tickets, ocr } = await restart();
    expect(tickets.status()).toMatchObject({ state: 'fresh', generation: 2 });
    await ocr.query('order1');
    expect(sandbox.rejected).toBe(0);
  });

  it('a token that still waits for its ticket is finished, not replaced', async () => {
    sandbox.injectFault({ endpoint: 'api_ticket', kind: 'html-502' });
    const first = await restart();
    expect(first.tickets.status()).toMatchObject({ state: 'none' });
    sandbox.clearFaults();
    clock.advance(10 * SECOND);
    const { tickets } = await restart();
    await expect(tickets.current()).resolves.toMatchObject({ generation: 1 });
    expect(sandbox.calls.accessToken).toBe(1);
  });

  it('a token whose answer nobody stored is followed by one more, inside the overlap', async () => {
    const { scene } = await restart();
    await passTime(scene, 19 * MINUTE, 10 * SECOND);
    sandbox.injectFault({ endpoint: 'access_token', kind: 'lost-answer', times: 1 });
    await passTime(scene, MINUTE, SECOND);
    // That process healed itself; now one that stops right after the loss.
    expect(sandbox.recoveries()).toHaveLength(1);
    await passTime(scene, 19 * MINUTE, 10 * SECOND);
    sandbox.injectFault({ endpoint: 'access_token', kind: 'lost-answer', times: 1 });
    while (sandbox.calls.accessToken < 4) await passTime(scene, SECOND, 100);
    const { ocr, scene: next } = await restart();
    await passTime(next, 5 * MINUTE, SECOND, async () => void (await ocr.query('order1')));
    expect(sandbox.calls.accessToken).toBe(5);
    expect(sandbox.recoveries()).toHaveLength(2);
    expect(sandbox.rejected).toBe(0);
    expect(sandbox.misuse()).toEqual([]);
  });

  it('a refresh during which the application was closed is finished by the next one', async () => {
    const first = await restart();
    sandbox.injectFault({ endpoint: 'access_token', kind: 'slow', delayMs: MINUTE, times: 1 });
    const closedOn = first.tickets.refresh().catch((error: unknown) => error);
    await atRest(first.scene);
    const { ocr, scene } = await restart();
    await expect(closedOn).resolves.toMatchObject({ code: 'NO_VALID_TICKET' });
    await passTime(scene, 5 * MINUTE, SECOND, async () => void (await ocr.query('order1')));
    expect(sandbox.calls.accessToken).toBe(3);
    expect(sandbox.rejected).toBe(0);
  });

  it('a refresh that was cut short is finished, though its credentials are not due', async () => {
    const first = await restart();
    sandbox.injectFault({ endpoint: 'access_token', kind: 'lost-answer', times: 1 });
    const cutShort = first.tickets.refresh().catch(() => undefined);
    await atRest(first.scene);
    await cutShort;
    const { ocr, scene } = await restart();
    await passTime(scene, 5 * MINUTE, SECOND, async () => void (await ocr.query('order1')));
    expect(sandbox.recoveries()).toHaveLength(1);
    expect(sandbox.rejected).toBe(0);
  });
});

/** Another process finishes its refresh just before this one gets the lease. */
class OvertakenStore extends MemoryTicketStore {
  overtake: (() => Promise<unknown>) | undefined;

  override async lease(): ReturnType<MemoryTicketStore['lease']> {
    const overtake = this.overtake;
    this.overtake = undefined;
    await overtake?.();
    return super.lease();
  }
}

describe('two that share a store', () => {
  it('look again once they may refresh: the other one may have done it meanwhile', async () => {
    const store = new OvertakenStore();
    const first = await restart({ ticketStore: store });
    const second = await startApplication(sandbox, { clock, ticketStore: store, backgroundRefresh: false });
    running.push(second);
    await second.tickets.current();
    store.overtake = () => second.tickets.refresh();
    await expect(first.tickets.refresh()).resolves.toMatchObject({ generation: 2 });
    expect(sandbox.calls.accessToken).toBe(2);
    expect(sandbox.misuse()).toEqual([]);
  });
});

describe('several that share a file', () => {
  /** Another application on the same file, which looks at it when it is asked. */
  async function join(change: Partial<BankCardOcrOptions> = {}): Promise<TestApplication> {
    const app = await startApplication(sandbox, { clock, ticketStore: `file:${directory}`, ...change });
    running.push(app);
    return app;
  }

  it('adopt what a newcomer fetched after the file was deleted', async () => {
    const { tickets, scene } = await restart();
    await tickets.refresh();
    await rm(directory, { recursive: true });
    clock.advance(SECOND);
    const newcomer = await join();
    const all = { ...scene, tickets: [tickets, newcomer.tickets] };
    await atRest(all);
    await passTime(all, 10 * SECOND, SECOND);
    expect(tickets.status().generationId).toBe(newcomer.tickets.status().generationId);
    expect(sandbox.calls.accessToken).toBe(3);
  });

  it('are not disturbed by one that still has the old secret', async () => {
    const old = sandbox.secret;
    sandbox.changeSecret();
    const { ocr, tickets, scene } = await restart();
    const outdated = await join({ secret: old });
    const all = { ...scene, tickets: [tickets, outdated.tickets] };
    await atRest(all);
    await passTime(all, 5 * MINUTE, 5 * SECOND, async () => void (await ocr.query('order1')));
    await expect(outdated.tickets.current()).rejects.toMatchObject({ code: 'NO_VALID_TICKET' });
    const newcomer = await join();
    await newcomer.ocr.query('order1');
    expect(newcomer.tickets.status()).toMatchObject({ generation: 1 });
    expect(sandbox.rejected).toBe(0);
  });

  it('are not stopped by a machine without watches', async () => {
    const { tickets } = await restart();
    await rm(directory, { recursive: true });
    expect(() => tickets.status()).not.toThrow();
    await expect(join()).resolves.toBeDefined();
  });
});

class FailingStore extends MemoryTicketStore {
  failing = false;

  override async swap(expected: TicketRecord | undefined, next: TicketRecord): Promise<boolean> {
    if (this.failing)
      throw Object.assign(new Error('no space left, and here is the record: secret'), { code: 'ENOSPC' });
    return super.swap(expected, next);
  }
}

describe('a store that fails while the application runs', () => {
  it('costs no query while credentials are valid, then a typed error, then heals', async () => {
    const store = new FailingStore();
    const { ocr, tickets, scene } = await restart({ ticketStore: store });
    store.failing = true;
    await passTime(scene, 59 * MINUTE, 10 * SECOND, async () => void (await ocr.query('order1')));
    await passTime(scene, 2 * MINUTE, 10 * SECOND);
    const failure = ocr.query('order1', { maxAttempts: 1 });
    await expect(failure).rejects.toMatchObject({
      code: 'NO_VALID_TICKET',
      message: expect.stringContaining('ENOSPC'),
    });
    await expect(failure).rejects.not.toThrow('here is the record');
    expect(sandbox.calls.accessToken).toBe(1);
    store.failing = false;
    await passTime(scene, 20 * SECOND, SECOND);
    expect(tickets.status()).toMatchObject({ state: 'fresh', generation: 2 });
  });
});
