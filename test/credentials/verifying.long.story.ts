import { SdkLaunchService } from 'nestjs-bankcard-ocr';
import type { TestApplication } from '../support/application.js';
import { MINUTE, SECOND, start, stop } from '../support/moved-time.js';
import { passTime } from '../support/passing-time.js';
import { Restarts } from '../support/restarts.js';

/** Whether a report is believed. */
function verify({ application }: TestApplication, sign = ''): Promise<boolean> {
  return application.get(SdkLaunchService).verifyResult({ orderNo: 'order1', sign, timeoutMs: 1_000 });
}

/** Whether any ticket that is kept fits; asks nobody and waits for nothing. */
function isKept({ tickets, signatures }: TestApplication, appId: string, sign: string | undefined): boolean {
  const values = [appId, 'order1'];
  return tickets.ticketsForVerifying.some((ticket) => signatures.verify(values, ticket.reveal(), sign ?? ''));
}

describe('the ticket of a replaced generation', () => {
  afterEach(stop);

  it('is kept as long as it would have lived, and at least one interval after its replacement', async () => {
    const { sandbox, app, scene } = await start();
    const early = sandbox.phoneResultSignature('order1');
    await passTime(scene, 59 * MINUTE + 50 * SECOND, 30 * SECOND);
    expect(sandbox.calls.accessToken).toBe(3);
    await expect(verify(app, early)).resolves.toBe(true);
    await passTime(scene, 20 * SECOND, 10 * SECOND);
    expect(isKept(app, sandbox.appId, early)).toBe(false);
  });

  it('is kept for one interval after its replacement when that came late', async () => {
    const { sandbox, app, scene } = await start();
    const early = sandbox.phoneResultSignature('order1');
    const down = sandbox.injectFault({ endpoint: 'auth', kind: 'reset' });
    await passTime(scene, 55 * MINUTE, 30 * SECOND);
    down.clear();
    await passTime(scene, 20 * SECOND, SECOND);
    expect(app.tickets.status()).toMatchObject({ generation: 2 });
    await passTime(scene, 19 * MINUTE, 30 * SECOND);
    expect(isKept(app, sandbox.appId, early)).toBe(true);
    await passTime(scene, 90 * SECOND, 10 * SECOND);
    expect(isKept(app, sandbox.appId, early)).toBe(false);
  });

  it.each([
    ['longer than it would have lived', 90 * MINUTE],
    ['shorter', 5 * MINUTE],
    ['not at all', 0],
  ])('is kept %s, counted from its replacement, when verifyWindowMs says so', async (_how, verifyWindowMs) => {
    const { sandbox, app, scene } = await start({ verifyWindowMs });
    const early = sandbox.phoneResultSignature('order1');
    await passTime(scene, 10 * MINUTE, 30 * SECOND);
    await app.tickets.refresh();
    expect(isKept(app, sandbox.appId, early)).toBe(verifyWindowMs > 0);
    await passTime(scene, Math.max(0, verifyWindowMs - 10 * SECOND), 30 * SECOND);
    expect(isKept(app, sandbox.appId, early)).toBe(verifyWindowMs > 0);
    await passTime(scene, 20 * SECOND, 10 * SECOND);
    expect(isKept(app, sandbox.appId, early)).toBe(false);
    expect(isKept(app, sandbox.appId, sandbox.phoneResultSignature('order1'))).toBe(true);
  });

  it('signs nothing any more, for however long it is kept', async () => {
    const { sandbox, app, scene, query } = await start({ verifyWindowMs: 24 * 60 * MINUTE });
    for (let round = 1; round <= 4; round += 1) {
      await app.tickets.refresh();
      await passTime(scene, MINUTE, 10 * SECOND, query);
    }
    expect(app.tickets.ticketsForVerifying).toHaveLength(5);
    // The vendor knows which ticket signed a query: always the newest one, and none was refused.
    const signedBy = sandbox.journal().flatMap(({ endpoint, generation }) => {
      return endpoint === 'getBankCardOcrResult' ? [generation] : [];
    });
    expect([...new Set(signedBy)]).toEqual([2, 3, 4, 5]);
    expect(sandbox.rejected).toBe(0);
  });

  it('is one of at most 64, however often somebody refreshes', async () => {
    const { app, scene } = await start({ verifyWindowMs: 24 * 60 * MINUTE });
    for (let round = 0; round < 70; round += 1) {
      await app.tickets.refresh();
      await passTime(scene, MINUTE, MINUTE);
    }
    expect(app.tickets.ticketsForVerifying).toHaveLength(65);
  });

  it('is not shown by what prints it', async () => {
    const { app } = await start();
    const [current] = app.tickets.ticketsForVerifying;
    await app.tickets.refresh();
    expect(app.tickets.ticketsForVerifying).toHaveLength(2);
    const printed = JSON.stringify(app.tickets.ticketsForVerifying) + String(app.tickets.ticketsForVerifying);
    expect(printed).not.toContain(current?.reveal());
  });
});

describe('the tickets that verify late reports', () => {
  let stage: Restarts;
  beforeEach(async () => void (stage = await Restarts.begin()));
  afterEach(() => stage.end());

  it('survive a restart, and are the same in every process', async () => {
    const { sandbox } = stage;
    const { scene } = await stage.restart();
    const early = sandbox.phoneResultSignature('order1');
    await passTime(scene, 25 * MINUTE, 30 * SECOND);
    expect(sandbox.phoneResultSignature('order1')).not.toBe(early);
    const next = await stage.restart();
    await expect(verify(next, early)).resolves.toBe(true);
    const sibling = await stage.join({ backgroundRefresh: false });
    await sibling.tickets.getCredentials();
    await expect(verify(sibling, early)).resolves.toBe(true);
    expect(sandbox.calls.accessToken).toBe(2);
    // 25 minutes have passed: kept until the hour, from the clock of the first process.
    stage.clock.advance(36 * MINUTE);
    expect(isKept(sibling, sandbox.appId, early)).toBe(false);
  });

  it('reach a process that has never held the generation they are of', async () => {
    const { sandbox } = stage;
    const first = await stage.restart();
    const bystander = await stage.join({ backgroundRefresh: false });
    const signs = [sandbox.phoneResultSignature('order1')];
    for (let round = 0; round < 3; round += 1) {
      await passTime(first.scene, MINUTE, 10 * SECOND);
      await first.tickets.refresh();
      signs.push(sandbox.phoneResultSignature('order1'));
    }
    await bystander.tickets.reload();
    expect(bystander.tickets.peek()).toMatchObject({ generation: 4 });
    for (const sign of signs) expect(isKept(bystander, sandbox.appId, sign)).toBe(true);
  });

  it('are still known when everything was down until after the end of the last one', async () => {
    const { sandbox, clock } = stage;
    await stage.restart();
    const late = sandbox.phoneResultSignature('order1');
    clock.advance(65 * MINUTE);
    const next = await stage.restart();
    expect(next.tickets.status()).toMatchObject({ generation: 2 });
    await expect(verify(next, late)).resolves.toBe(true);
    await passTime(next.scene, 21 * MINUTE, 30 * SECOND);
    expect(isKept(next, sandbox.appId, late)).toBe(false);
  });

  it('are dropped when the app secret has changed, which ends them at the vendor too', async () => {
    const { sandbox } = stage;
    const first = await stage.restart();
    const early = sandbox.phoneResultSignature('order1');
    await first.tickets.refresh();
    const current = sandbox.phoneResultSignature('order1');
    sandbox.changeSecret();
    const next = await stage.restart();
    expect(next.tickets.ticketsForVerifying).toHaveLength(1);
    for (const sign of [early, current]) expect(isKept(next, sandbox.appId, sign)).toBe(false);
  });
});
