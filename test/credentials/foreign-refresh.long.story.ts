import { MINUTE, SECOND, start, stop } from '../support/moved-time.js';
import { passTime } from '../support/passing-time.js';
import type { Player } from '../support/shared-stage.js';

const CODES = ['400102', '400101', '15'] as const;

describe('another program that refreshes the same app id', () => {
  afterEach(stop);

  it.each(CODES)(
    'every 15 s is reported within one interval, with at most one forced refresh an overlap: %s',
    async (code) => {
      const { sandbox, app, scene, eventsOf, query } = await start();
      sandbox.configure({ deadTicketCode: code });
      const forced: number[] = [];
      app.tickets.events$.subscribe((event) => {
        if (event.type === 'refresh-started' && event.forced) forced.push(scene.clock.monotonic());
      });
      await passTime(scene, 20 * MINUTE, 15 * SECOND, async () => {
        sandbox.foreignRefresh();
        await query().catch(() => undefined);
      });
      expect(eventsOf('foreign-refresh-suspected').length).toBeGreaterThan(0);
      await passTime(scene, 20 * MINUTE, 15 * SECOND, async () => {
        sandbox.foreignRefresh();
        await query().catch(() => undefined);
      });
      expect(forced.length).toBeGreaterThan(30);
      for (const [index, at] of forced.slice(1).entries()) expect(at - forced[index]!).toBeGreaterThanOrEqual(MINUTE);
      expect(sandbox.violations()).toEqual([]);
      // One line in the log for each interval, the others are marked as repeated.
      const [first, ...others] = eventsOf('foreign-refresh-suspected');
      expect(first).toMatchObject({ vendorCode: code, times: 1, repeated: false });
      expect(first?.remainingMs).toBeGreaterThan(55 * MINUTE);
      expect(others.filter(({ repeated }) => !repeated).length).toBeLessThanOrEqual(2);
      expect(app.tickets.status().foreignRefreshSuspected).toBe(others.length + 1);
    },
  );

  it.each(CODES)('once is reported once, in the log, the status and the counts: %s', async (code) => {
    const { sandbox, app, scene, eventsOf, query } = await start();
    sandbox.configure({ deadTicketCode: code });
    await passTime(scene, 5 * MINUTE, 30 * SECOND, query);
    sandbox.foreignRefresh();
    await passTime(scene, 10 * MINUTE, 30 * SECOND, query);
    expect(eventsOf('foreign-refresh-suspected')).toMatchObject([
      { generation: 1, vendorCode: code, ageMs: 6 * MINUTE, remainingMs: 54 * MINUTE, times: 1, repeated: false },
    ]);
    expect(app.tickets.status()).toMatchObject({ foreignRefreshSuspected: 1, generation: 2 });
    expect(sandbox.calls.accessToken).toBe(2);
  });

  it('is reported by the first rejected request, also when none of ours may follow yet', async () => {
    const { sandbox, app, eventsOf, query } = await start();
    await app.tickets.refresh();
    sandbox.killCredentials();
    await expect(query()).rejects.toMatchObject({ code: 'CREDENTIALS_REJECTED' });
    expect(eventsOf('foreign-refresh-suspected')).toHaveLength(1);
    await expect(query()).rejects.toMatchObject({ code: 'CREDENTIALS_REJECTED' });
    expect(eventsOf('foreign-refresh-suspected')).toHaveLength(1);
  });
});

describe('not taken for another program', () => {
  afterEach(stop);

  const nothingSuspected = (app: Pick<Player, 'tickets'>) => {
    expect(app.tickets.status().foreignRefreshSuspected).toBe(0);
  };

  it.each(CODES)('an answer of our own that was lost, and a vendor that is down long after: %s', async (code) => {
    const { sandbox, app, scene, query } = await start();
    sandbox.configure({ deadTicketCode: code });
    await passTime(scene, 19 * MINUTE, MINUTE, query);
    sandbox.injectFault({ endpoint: 'access_token', kind: 'lost-response', times: 1 });
    const down = sandbox.injectFault({ endpoint: 'auth', kind: 'reset' });
    await passTime(scene, 5 * MINUTE, 10 * SECOND, async () => {
      await app.ocr.query('order1', { maxAttempts: 1 }).catch(() => undefined);
    });
    expect(sandbox.rejected).toBeGreaterThan(0);
    down.clear();
    await passTime(scene, MINUTE, SECOND);
    await query();
    nothingSuspected(app);
  });

  it.each([MINUTE, 61 * MINUTE])(
    'a ticket that has expired while the vendor was down, after %d ms more',
    async (ms) => {
      const { sandbox, app, scene, query } = await start();
      sandbox.injectFault({ endpoint: 'auth', kind: 'reset' });
      await passTime(scene, 60 * MINUTE + ms, MINUTE, async () => {
        await app.ocr.query('order1', { maxAttempts: 1 }).catch(() => undefined);
      });
      sandbox.clearFaults();
      await passTime(scene, 15 * SECOND, SECOND);
      await query();
      nothingSuspected(app);
    },
  );

  it('a request that is refused as malformed for good, alone or among others that are not', async () => {
    const { sandbox, app, scene, query } = await start();
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', orderNo: 'bad1', kind: 'code', code: '400101' });
    await passTime(scene, 25 * MINUTE, 30 * SECOND, async () => {
      const wrong = app.ocr.query('bad1', { maxAttempts: 1 }).catch(() => undefined);
      await Promise.all([wrong, query(), query()]);
    });
    expect(sandbox.calls.accessToken).toBeGreaterThan(20);
    nothingSuspected(app);
  });

  it.each(CODES)('a secret that was changed at the vendor: %s', async (code) => {
    const { sandbox, app, scene } = await start();
    sandbox.configure({ deadTicketCode: code, wrongSecretCode: code === '15' ? '400105' : code });
    sandbox.changeSecret();
    await passTime(scene, 45 * MINUTE, MINUTE, async () => {
      await app.ocr.query('order1', { maxAttempts: 1 }).catch(() => undefined);
    });
    expect(sandbox.rejected).toBeGreaterThan(0);
    nothingSuspected(app);
  });
});
