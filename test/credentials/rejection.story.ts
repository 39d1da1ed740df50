import { MINUTE, SECOND, start, stop } from '../support/moved-time.js';
import { passTime } from '../support/passing-time.js';

afterEach(stop);

describe('when credentials are rejected', () => {
  it('two hundred rejected callers cause one refresh, and all get their result', async () => {
    const { sandbox, app } = await start();
    sandbox.killCredentials();
    const results = await Promise.all(Array.from({ length: 200 }, (_, n) => app.ocr.query(`order${n}`)));
    expect(new Set(results.map(({ orderNo }) => orderNo)).size).toBe(200);
    expect(sandbox.calls).toMatchObject({ accessToken: 2, apiTicket: 2 });
    expect(sandbox.violations()).toEqual([]);
  });

  it.each(['400102', '400101', '15'] as const)(
    'signs again with new ones, whatever the code: %s',
    async (deadTicketCode) => {
      const { sandbox, query } = await start();
      sandbox.configure({ deadTicketCode });
      sandbox.killCredentials();
      await query();
      expect(sandbox.calls).toMatchObject({ accessToken: 2, apiTicket: 2 });
      expect(sandbox.rejected).toBe(1);
      expect(sandbox.violations()).toEqual([]);
    },
  );

  it('a request that is always rejected is sent twice, and starts at most one refresh an overlap', async () => {
    const { sandbox, app, scene, query } = await start();
    const always = sandbox.injectFault({
      endpoint: 'getBankCardOcrResult',
      orderNo: 'bad1',
      kind: 'code',
      code: '400101',
    });
    await expect(app.ocr.query('bad1')).rejects.toMatchObject({ code: 'CREDENTIALS_REJECTED', vendorCode: '400101' });
    expect(always.hits).toBe(2);
    expect(sandbox.calls.accessToken).toBe(2);
    let failed = 0;
    await passTime(scene, 10 * MINUTE, 15 * SECOND, async () => {
      await app.ocr.query('bad1').catch(() => (failed += 1));
      await query();
    });
    expect(failed).toBe(40);
    expect(sandbox.calls.accessToken).toBeLessThanOrEqual(2 + 10);
    expect(sandbox.calls.accessToken).toBeGreaterThan(8);
  });

  it('a request that is wrong does not keep dead credentials from being replaced', async () => {
    const { sandbox, app, scene, query } = await start();
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', orderNo: 'bad1', kind: 'code', code: '400101' });
    const wrong = await app.ocr.query('bad1').catch((error: unknown) => error);
    expect(wrong).toMatchObject({ code: 'CREDENTIALS_REJECTED', vendorCode: '400101', retryable: false });
    // The overlap after that forced refresh is over; that request is still at fault.
    await passTime(scene, MINUTE, 5 * SECOND);
    await app.ocr.query('bad1').catch(() => undefined);
    sandbox.killCredentials();
    await passTime(scene, MINUTE, 5 * SECOND);
    await query();
    expect(sandbox.violations()).toEqual([]);
  });

  it('one forced refresh may follow a scheduled one at once, a second only an overlap later', async () => {
    const { sandbox, app, scene, query } = await start();
    await app.tickets.refresh();
    await expect(app.tickets.refresh()).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: MINUTE });
    sandbox.killCredentials();
    await expect(app.ocr.query('order1')).rejects.toMatchObject({ code: 'CREDENTIALS_REJECTED', vendorCode: '400102' });
    await passTime(scene, MINUTE, 5 * SECOND);
    await query();
    expect(sandbox.calls.accessToken).toBe(3);
  });

  it('a foreign refresh costs one rejected request and one refresh', async () => {
    const { sandbox, scene, eventsOf, query } = await start();
    sandbox.foreignRefresh();
    await passTime(scene, 3 * MINUTE, 5 * SECOND, query);
    expect(sandbox.rejected).toBe(1);
    expect(sandbox.calls.accessToken).toBe(2);
    expect(eventsOf('credentials-rejected')).toHaveLength(1);
  });
});
