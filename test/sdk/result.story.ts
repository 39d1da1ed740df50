import { MemoryTicketStore, SdkLaunchService } from 'nestjs-bankcard-ocr';
import { vendorSignature } from 'nestjs-bankcard-ocr/testing';
import { MINUTE, SECOND, start, stop } from '../support/moved-time.js';
import { passTime } from '../support/passing-time.js';
import { Restarts } from '../support/restarts.js';

const WRONG = 'A'.repeat(40);

describe('what a phone reports', () => {
  afterEach(stop);

  async function begin() {
    const stage = await start();
    const { sandbox, app } = stage;
    const launches = app.application.get(SdkLaunchService);
    const verify = (orderNo: string, sign: unknown = sandbox.phoneResultSignature(orderNo)) => {
      return launches.verifyResult({ orderNo, sign: sign as string });
    };
    return { ...stage, launches, verify };
  }

  it('is valid when the vendor signed it, in any letter case', async () => {
    const { sandbox, verify } = await begin();
    const sign = sandbox.phoneResultSignature('order1') ?? '';
    await expect(verify('order1', sign)).resolves.toBe(true);
    await expect(verify('order1', sign.toLowerCase())).resolves.toBe(true);
    // The same report may come again: what comes of it is for the partner to decide.
    await expect(verify('order1', sign)).resolves.toBe(true);
    expect(sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1 });
  });

  it('is valid while this process still waits for the answer that brings the ticket it was signed with', async () => {
    const { clock, sandbox, app, verify } = await begin();
    sandbox.injectFault({ endpoint: 'api_ticket', kind: 'slow', delayMs: 2 * SECOND, times: 1 });
    const refreshed = app.tickets.refresh();
    // The vendor has issued the new ticket; its answer is on its way.
    while (sandbox.calls.apiTicket < 2) await new Promise((resolve) => setImmediate(resolve));
    const verdict = verify('order1');
    clock.advance(3 * SECOND);
    await expect(verdict).resolves.toBe(true);
    await refreshed;
  });

  it('is not valid for another order, another app or with another ticket', async () => {
    const { sandbox, app, clock, verify } = await begin();
    const { signTicket } = await app.tickets.getCredentials();
    const forged = [
      sandbox.phoneResultSignature('order2'),
      vendorSignature(['IDAOTHER', 'order1', signTicket.reveal()]),
      vendorSignature([sandbox.appId, 'order1', 'x'.repeat(64)]),
      vendorSignature([sandbox.appId, 'order1']),
      WRONG,
    ];
    const verdicts = forged.map((sign) => verify('order1', sign));
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(SECOND);
    await expect(Promise.all(verdicts)).resolves.toEqual([false, false, false, false, false]);
  });

  it.each([
    '',
    'A'.repeat(39),
    'A'.repeat(41),
    ` ${'A'.repeat(38)} `,
    `${'A'.repeat(40)}\n`,
    'G'.repeat(40),
    'ß'.repeat(20),
    'Ａ'.repeat(40),
    '签'.repeat(40),
    undefined,
    null,
    5,
    {},
    ['A'.repeat(40)],
  ])('is not valid with %j for a signature, and nobody is asked', async (sign) => {
    const { sandbox, launches } = await begin();
    sandbox.injectFault({ endpoint: 'all', kind: 'reset' });
    await expect(launches.verifyResult({ orderNo: 'order1', sign: sign as string })).resolves.toBe(false);
    expect(sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1 });
  });

  it.each([['order-1'], ['x'.repeat(33)], [''], [undefined as unknown as string]])(
    'has an order number, which %j is not: no launch was made for it',
    async (orderNo) => {
      const { launches } = await begin();
      await expect(launches.verifyResult({ orderNo, sign: WRONG })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^orderNo must be 1 to 32/),
      });
    },
  );

  it('may come late, signed with a ticket that was replaced meanwhile', async () => {
    const { sandbox, scene, verify } = await begin();
    const late = sandbox.phoneResultSignature('order1');
    await passTime(scene, 25 * MINUTE, 10 * SECOND);
    expect(sandbox.calls.accessToken).toBe(2);
    expect(sandbox.phoneResultSignature('order1')).not.toBe(late);
    await expect(verify('order1', late)).resolves.toBe(true);
    await expect(verify('order1')).resolves.toBe(true);
  });

  it('is compared with every ticket, whichever fits: the time tells nothing', async () => {
    const { scene, app, verify } = await begin();
    await passTime(scene, 45 * MINUTE, 10 * SECOND);
    const compared = jest.spyOn(app.signatures, 'verify');
    await expect(verify('order1')).resolves.toBe(true);
    expect(app.tickets.ticketsForVerifying.length).toBeGreaterThan(1);
    expect(compared).toHaveBeenCalledTimes(app.tickets.ticketsForVerifying.length);
  });

  it('is checked while the vendor is down and the last ticket has ended; what fits none cannot be judged', async () => {
    const { sandbox, scene, app, verify } = await begin();
    const late = sandbox.phoneResultSignature('order1');
    sandbox.injectFault({ endpoint: 'auth', kind: 'reset' });
    await passTime(scene, 61 * MINUTE, MINUTE);
    expect(app.tickets.peek()).toBeUndefined();
    await expect(verify('order1', late)).resolves.toBe(true);
    await expect(verify('order1', WRONG)).rejects.toMatchObject({ code: 'NO_VALID_TICKET', retryable: true });
    await expect(verify('order1', 'no signature')).resolves.toBe(false);
  });

  it('waits for credentials no longer than the caller wants', async () => {
    const { sandbox, scene, app, launches } = await begin();
    sandbox.injectFault({ endpoint: 'auth', kind: 'hang' });
    await passTime(scene, 70 * MINUTE, MINUTE);
    while (!app.tickets.status().refreshing) await passTime(scene, SECOND, SECOND);
    const late = launches.verifyResult({ orderNo: 'order1', sign: WRONG, timeoutMs: 10 });
    const failing = late.catch((error: unknown) => error);
    await passTime(scene, 20, 10);
    expect(await failing).toMatchObject({ code: 'TIMEOUT' });
    const reason = new Error('stop');
    const stopped = launches.verifyResult({ orderNo: 'order1', sign: WRONG, signal: AbortSignal.abort(reason) });
    await expect(stopped).rejects.toBe(reason);
  });
});

/** Counts how often it is read. */
class CountingStore extends MemoryTicketStore {
  reads = 0;

  override async read(): ReturnType<MemoryTicketStore['read']> {
    this.reads += 1;
    return super.read();
  }
}

describe('what a phone reports to one of several instances', () => {
  let stage: Restarts;
  beforeEach(async () => void (stage = await Restarts.begin()));
  afterEach(() => stage.end());

  /** One refreshes; the other has no background and looks only when it has a reason. */
  async function beginTwo() {
    const ticketStore = new CountingStore();
    const refresher = await stage.restart({ ticketStore });
    const other = await stage.join({ ticketStore, backgroundRefresh: false });
    await other.tickets.getCredentials();
    const launches = other.application.get(SdkLaunchService);
    const verify = (sign = stage.sandbox.phoneResultSignature('order1') ?? '') => {
      return launches.verifyResult({ orderNo: 'order1', sign });
    };
    return { ...refresher, ticketStore, other, verify };
  }

  it('may be signed with a ticket that only another instance has seen', async () => {
    const { tickets, other, verify } = await beginTwo();
    const early = stage.sandbox.phoneResultSignature('order1');
    await tickets.refresh();
    expect(other.tickets.peek()).toMatchObject({ generation: 1 });
    await expect(verify()).resolves.toBe(true);
    expect(other.tickets.peek()).toMatchObject({ generation: 2 });
    await expect(verify(early)).resolves.toBe(true);
  });

  it('does not make a flood of wrong signatures read the store without end, nor refuse a right one', async () => {
    const { tickets, scene, ticketStore, verify } = await beginTwo();
    await expect(verify(WRONG)).resolves.toBe(false);
    const before = ticketStore.reads;
    const flood = Array.from({ length: 1_000 }, () => verify(WRONG));
    await passTime(scene, 500, 100);
    expect(ticketStore.reads).toBe(before);
    await tickets.refresh();
    const afterRefresh = ticketStore.reads;
    const right = verify();
    await passTime(scene, 500, 100);
    await expect(right).resolves.toBe(true);
    expect(new Set(await Promise.all(flood))).toEqual(new Set([false]));
    expect(ticketStore.reads - afterRefresh).toBe(1);
  });
});
