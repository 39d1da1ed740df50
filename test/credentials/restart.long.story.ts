import { MemoryTicketStore, type TicketRecord } from 'nestjs-bankcard-ocr';
import type { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { MINUTE, SECOND } from '../support/moved-time.js';
import { atRest, passTime } from '../support/passing-time.js';
import { Restarts } from '../support/restarts.js';

let stage: Restarts;
let clock: ManualClock;
let sandbox: KycSandbox;

beforeEach(async () => {
  stage = await Restarts.begin();
  ({ clock, sandbox } = stage);
});

afterEach(() => stage.end());

describe('after a restart', () => {
  it('stored credentials are used, with the life that is left to them', async () => {
    await stage.restart();
    clock.advance(10 * MINUTE);
    const { tickets, ocr } = await stage.restart();
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
    await stage.restart();
    clock.advance(30 * MINUTE);
    sandbox.injectFault({ endpoint: 'auth', kind: 'hang' });
    const { tickets } = await stage.restart();
    await expect(tickets.getCredentials()).resolves.toMatchObject({ generation: 1 });
    expect(tickets.status()).toMatchObject({ state: 'due', refreshing: true });
    clock.advance(MINUTE);
  });

  it.each([
    ['beyond their life', 61 * MINUTE],
    ['from the future: the clock was set back', -5 * MINUTE],
  ])('credentials %s are not used', async (_why, shiftMs) => {
    await stage.restart();
    clock.shiftWallClock(shiftMs);
    const { tickets, ocr } = await stage.restart();
    expect(tickets.status()).toMatchObject({ state: 'fresh', generation: 2 });
    await ocr.query('order1');
    expect(sandbox.calls.accessToken).toBe(2);
  });

  it('with another secret what was stored is dropped', async () => {
    await stage.restart();
    sandbox.changeSecret();
    const { tickets, ocr } = await stage.restart();
    expect(tickets.status()).toMatchObject({ state: 'fresh', generation: 2 });
    await ocr.query('order1');
    expect(sandbox.rejected).toBe(0);
  });

  it('a token that still waits for its ticket is finished, not replaced', async () => {
    sandbox.injectFault({ endpoint: 'api_ticket', kind: 'html-502' });
    const first = await stage.restart();
    expect(first.tickets.status()).toMatchObject({ state: 'none' });
    sandbox.clearFaults();
    clock.advance(10 * SECOND);
    const { tickets } = await stage.restart();
    await expect(tickets.getCredentials()).resolves.toMatchObject({ generation: 1 });
    expect(sandbox.calls.accessToken).toBe(1);
  });

  it('a token whose answer nobody stored is followed by one more, inside the overlap', async () => {
    const { scene } = await stage.restart();
    await passTime(scene, 19 * MINUTE, MINUTE);
    sandbox.injectFault({ endpoint: 'access_token', kind: 'lost-response', times: 1 });
    await passTime(scene, MINUTE + 10 * SECOND, SECOND);
    // That process healed itself; now one that stops right after the loss.
    expect(sandbox.calls).toMatchObject({ accessToken: 3, apiTicket: 2 });
    await passTime(scene, 19 * MINUTE, MINUTE);
    sandbox.injectFault({ endpoint: 'access_token', kind: 'lost-response', times: 1 });
    while (sandbox.calls.accessToken < 4) await passTime(scene, SECOND, 100);
    const { ocr, scene: next } = await stage.restart();
    await passTime(next, 5 * MINUTE, 10 * SECOND, async () => void (await ocr.query('order1')));
    expect(sandbox.calls.accessToken).toBe(5);
    expect(sandbox.rejected).toBe(0);
    expect(sandbox.violations()).toEqual([]);
  });

  it('a refresh during which the application was closed is finished by the next one', async () => {
    const first = await stage.restart();
    sandbox.injectFault({ endpoint: 'access_token', kind: 'slow', delayMs: MINUTE, times: 1 });
    const closedOn = first.tickets.refresh().catch((error: unknown) => error);
    await atRest(first.scene);
    const { ocr, scene } = await stage.restart();
    await expect(closedOn).resolves.toMatchObject({ code: 'NO_VALID_TICKET' });
    await passTime(scene, 5 * MINUTE, 10 * SECOND, async () => void (await ocr.query('order1')));
    expect(sandbox.calls.accessToken).toBe(3);
    expect(sandbox.rejected).toBe(0);
  });

  it('a refresh that was cut short is finished, though its credentials are not due', async () => {
    const first = await stage.restart();
    sandbox.injectFault({ endpoint: 'access_token', kind: 'lost-response', times: 1 });
    const cutShort = first.tickets.refresh().catch(() => undefined);
    await atRest(first.scene);
    await cutShort;
    const { ocr, scene } = await stage.restart();
    await passTime(scene, 5 * MINUTE, 10 * SECOND, async () => void (await ocr.query('order1')));
    expect(sandbox.calls).toMatchObject({ accessToken: 3, apiTicket: 2 });
    expect(sandbox.rejected).toBe(0);
  });
});

class FailingStore extends MemoryTicketStore {
  failing = false;

  override async compareAndSet(expected: TicketRecord | undefined, next: TicketRecord): Promise<boolean> {
    if (this.failing)
      throw Object.assign(new Error('no space left, and here is the record: secret'), { code: 'ENOSPC' });
    return super.compareAndSet(expected, next);
  }
}

describe('a store that fails while the application runs', () => {
  it('costs no query while credentials are valid, then a typed error, then heals', async () => {
    const store = new FailingStore();
    const { ocr, tickets, scene } = await stage.restart({ ticketStore: store });
    store.failing = true;
    await passTime(scene, 59 * MINUTE, MINUTE, async () => void (await ocr.query('order1')));
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
