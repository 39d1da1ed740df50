import { type SdkLaunch, SdkLaunchService } from 'nestjs-bankcard-ocr';
import type { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { MINUTE, type MovedTime, SECOND, start, stop } from '../support/moved-time.js';
import { passTime } from '../support/passing-time.js';

let stage: MovedTime;
let sandbox: KycSandbox;
let launches: SdkLaunchService;

beforeEach(async () => {
  stage = await start();
  sandbox = stage.sandbox;
  launches = stage.app.application.get(SdkLaunchService);
});

afterEach(stop);

/** What the app does with a launch. */
function asThePhoneHasIt({
  appId,
  version,
  nonce,
  userId,
  orderNo,
  sign,
}: SdkLaunch): Parameters<KycSandbox['acceptLaunch']>[0] {
  return {
    orderNo,
    openApiAppId: appId,
    openApiAppVersion: version,
    openApiNonce: nonce,
    openApiUserId: userId,
    openApiSign: sign,
  };
}

const accepted = (launch: SdkLaunch): boolean => sandbox.acceptLaunch(asThePhoneHasIt(launch)).accepted;

/** When NONCE tickets were asked for, and the codes of the answers. */
function asked(): { at: number; code: string | undefined }[] {
  return sandbox.journal().flatMap(({ ticketType, at, code }) => (ticketType === 'NONCE' ? [{ at, code }] : []));
}

const apart = (): number[] => asked().flatMap(({ at }, index, all) => (index === 0 ? [] : [at - all[index - 1]!.at]));

/** Another program asks for a ticket of a user; it has the same token. */
async function foreignLaunch(userId: string): Promise<void> {
  const { accessToken } = await stage.app.tickets.getCredentials();
  const query = { app_id: sandbox.appId, access_token: accessToken.reveal(), version: '1.0.0' };
  const parameters = new URLSearchParams({ ...query, type: 'NONCE', user_id: userId });
  await fetch(`${sandbox.url}/api/oauth2/api_ticket?${parameters}`);
}

describe('a launch of the phone SDK', () => {
  it('is accepted, once, and its order has a result then', async () => {
    const launch = await launches.create({ userId: 'user1', orderNo: 'myOrder1' });
    expect(launch).toMatchObject({ appId: sandbox.appId, version: '1.0.0', userId: 'user1', orderNo: 'myOrder1' });
    expect(launch.expiresInMs).toBe(2 * MINUTE);
    expect(accepted(launch)).toBe(true);
    expect(sandbox.violations()).toEqual([]);
    await expect(stage.app.ocr.query('myOrder1')).resolves.toMatchObject({ orderNo: 'myOrder1' });
    expect(accepted(launch)).toBe(false);
  });

  it('has a ticket, a nonce and an order number of its own, for every user and every time', async () => {
    const users = Array.from({ length: 200 }, (_, n) => `user${n}`);
    const first = await Promise.all(users.map((userId) => launches.create({ userId })));
    await passTime(stage.scene, 2 * SECOND, SECOND);
    const all = [...first, ...(await Promise.all(users.map((userId) => launches.create({ userId }))))];
    for (const key of ['nonce', 'orderNo', 'sign'] as const) expect(new Set(all.map((one) => one[key])).size).toBe(400);
    for (const launch of all) expect(accepted(launch)).toBe(true);
    expect(asked()).toHaveLength(400);
    expect(sandbox.violations()).toEqual([]);
  });

  it('is not delayed by those of others, however many', async () => {
    const waiting = [1, 2, 3].map(() => launches.create({ userId: 'busy' }));
    const before = stage.clock.now();
    await Promise.all(Array.from({ length: 100 }, (_, n) => launches.create({ userId: `user${n}` })));
    expect(stage.clock.now()).toBe(before);
    await passTime(stage.scene, 5 * SECOND, 50);
    for (const launch of await Promise.all(waiting)) expect(accepted(launch)).toBe(true);
    expect(sandbox.violations()).toEqual([]);
  });

  it('says how long it is good for, and is good for so long', async () => {
    await passTime(stage.scene, 19 * MINUTE, 10 * SECOND);
    const launch = await launches.create({ userId: 'user1' });
    expect(launch.expiresInMs).toBeGreaterThanOrEqual(MINUTE);
    expect(launch.expiresInMs).toBeLessThan(2 * MINUTE);
    // Meanwhile the credentials are refreshed.
    await passTime(stage.scene, launch.expiresInMs - 1, 5 * SECOND);
    expect(sandbox.calls.accessToken).toBe(2);
    expect(accepted(launch)).toBe(true);
  });
});

describe('launches of one user at the same time', () => {
  it('are two tickets, two seconds apart', async () => {
    const both = [launches.create({ userId: 'user1' }), launches.create({ userId: 'user1' })];
    await passTime(stage.scene, 3 * SECOND, 50);
    for (const launch of await Promise.all(both)) expect(accepted(launch)).toBe(true);
    expect(apart()).toEqual([expect.any(Number)]);
    expect(apart()[0]).toBeGreaterThanOrEqual(2 * SECOND);
    expect(sandbox.violations()).toEqual([]);
  });

  it('that have no time to wait fail at once, and say when to come back', async () => {
    await launches.create({ userId: 'user1' });
    const failing = launches.create({ userId: 'user1', timeoutMs: 2 * SECOND });
    await expect(failing).rejects.toMatchObject({ code: 'RATE_LIMITED', retryable: true, retryAfterMs: 2 * SECOND });
    expect(asked()).toHaveLength(1);
  });

  it('wait also for one that another program has made', async () => {
    await foreignLaunch('user1');
    const launching = launches.create({ userId: 'user1' });
    await passTime(stage.scene, 4 * SECOND, 50);
    expect(accepted(await launching)).toBe(true);
    expect(asked().map(({ code }) => code)).toEqual(['0', '400504', '0']);
    expect(apart()[1]).toBeGreaterThanOrEqual(2 * SECOND);
  });

  it('that are too frequent in spite of all waiting end with that', async () => {
    sandbox.injectFault({ endpoint: 'api_ticket', ticketType: 'NONCE', kind: 'code', code: '400504' });
    const failing = launches.create({ userId: 'user1' }).catch((error: unknown) => error);
    await passTime(stage.scene, 10 * SECOND, 50);
    expect(await failing).toMatchObject({ code: 'RATE_LIMITED', vendorCode: '400504', retryAfterMs: 2 * SECOND });
    expect(asked()).toHaveLength(3);
    expect(Math.min(...apart())).toBeGreaterThanOrEqual(2 * SECOND);
  });
});

describe('when the vendor fails', () => {
  it.each(['lost-response', 'truncated', 'wrong-types', 'reset', 'html-502'] as const)(
    'a ticket may have been given (%s): the next is asked for two seconds later',
    async (kind) => {
      sandbox.injectFault({ endpoint: 'api_ticket', ticketType: 'NONCE', kind, times: 1 });
      const launching = launches.create({ userId: 'user1' });
      await passTime(stage.scene, 4 * SECOND, 50);
      expect(accepted(await launching)).toBe(true);
      expect(apart()[0]).toBeGreaterThanOrEqual(2 * SECOND);
      expect(sandbox.violations()).toEqual([]);
    },
  );

  it.each(['15', '400102', '400101'])(
    'a token that is rejected (%s) is replaced, and the launch made',
    async (code) => {
      sandbox.injectFault({ endpoint: 'api_ticket', ticketType: 'NONCE', kind: 'code', code, times: 1 });
      expect(accepted(await launches.create({ userId: 'user1' }))).toBe(true);
      expect(sandbox.calls).toMatchObject({ accessToken: 2, signTicket: 2, nonceTicket: 2 });
      expect(sandbox.violations()).toEqual([]);
    },
  );

  it('a token that is dead is replaced, once for all', async () => {
    sandbox.killCredentials();
    const all = await Promise.all(Array.from({ length: 100 }, (_, n) => launches.create({ userId: `user${n}` })));
    for (const launch of all) expect(accepted(launch)).toBe(true);
    expect(sandbox.calls.accessToken).toBe(2);
    expect(sandbox.violations()).toEqual([]);
  });

  it('a refusal ends the launch at once, and delays no other', async () => {
    sandbox.injectFault({ endpoint: 'api_ticket', ticketType: 'NONCE', kind: 'code', code: '400104', times: 1 });
    await expect(launches.create({ userId: 'user1' })).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    expect(accepted(await launches.create({ userId: 'user1' }))).toBe(true);
  });
});

describe('what is wrong with a call', () => {
  it.each([
    [{ userId: 'user@1' }, /^userId must be 1 to 32/],
    [{ userId: 'user1', orderNo: 'order-1' }, /^orderNo must be 1 to 32/],
    [{ userId: 'user1', orderNo: null as unknown as string }, /^orderNo must be 1 to 32/],
    [{ userId: 'user1', timeoutMs: 0 }, /^timeoutMs must be/],
    [{ userId: 'user1', signal: 'x' as unknown as AbortSignal }, /^signal must be an AbortSignal/],
    [undefined as unknown as { userId: string }, /must be an object/],
  ])('%j is told without asking anybody', async (request, message) => {
    const failing = launches.create(request);
    await expect(failing).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) });
    expect(asked()).toEqual([]);
  });

  it('whoever stops is told by the own reason', async () => {
    const reason = new Error('stop');
    await expect(launches.create({ userId: 'user1', signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    sandbox.injectFault({ endpoint: 'api_ticket', ticketType: 'NONCE', kind: 'hang' });
    const controller = new AbortController();
    const stopped = launches.create({ userId: 'user1', signal: controller.signal }).catch((error: unknown) => error);
    await passTime(stage.scene, 50, 50);
    controller.abort(reason);
    expect(await stopped).toBe(reason);
  });
});
