import { type CanActivate, Injectable, Module, UseGuards } from '@nestjs/common';
import {
  BankCardOcrAccountsModule,
  BankCardOcrClientFactory,
  getBankCardOcrToken,
  OcrResultService,
  TicketService,
} from 'nestjs-bankcard-ocr';
import { BankCardOcrOpsModule } from 'nestjs-bankcard-ocr/ops';
import { BankCardOcrTestingModule, KycSandbox, orderNoForCode } from 'nestjs-bankcard-ocr/testing';
import { optionsFor } from '../support/application.js';
import { closeAll, credentialsOf, PLATFORMS, ROUTES, serve } from './operations-stage.js';

const OWN = BankCardOcrTestingModule.forRoot;

afterEach(closeAll);

describe.each(PLATFORMS)('the operations API on %s', (platform) => {
  const one = () => serve(platform, { imports: [OWN(), BankCardOcrOpsModule.forRoot()] });

  it("stands below the application's prefix and behind its guards, every route", async () => {
    const { url, ask } = await one();
    for (const [method, route] of ROUTES) {
      expect((await ask(`/ops/${route}`, { method, headers: {} })).status).toBe(403);
      const elsewhere = await fetch(url.replace('/internal', `/ops/${route}`), { method });
      expect(elsewhere.status).toBe(404);
    }
  });

  it('exists only where the application mounts it', async () => {
    const { ask } = await serve(platform, { imports: [OWN()] });
    for (const [method, route] of ROUTES) {
      const { status } = await ask(`/ops/${route}`, { method, headers: { 'x-key': 'operator' } });
      expect(status).toBe(404);
    }
  });

  it('tells which account there is, with its app id masked', async () => {
    const { ask, application } = await one();
    await credentialsOf(application);
    const { status, headers, body } = await ask('/ops/accounts');
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toEqual({
      accounts: [
        {
          account: null,
          runTime: false,
          appId: expect.stringMatching(/^IDA\*{3}..$/),
          host: expect.stringMatching(/^127\.0\.0\.1/),
          transport: 'undici',
          role: 'refresher',
          store: { description: expect.any(String), scope: 'process', encrypted: false },
          refreshIntervalMs: 1_200_000,
          health: 'up',
          state: 'fresh',
        },
      ],
    });
  });

  it('tells how the credentials are, what is stored, and what has happened to them', async () => {
    const { ask, application } = await one();
    await credentialsOf(application);
    const { body } = await ask('/ops/credentials');
    const { generationId } = application.get(TicketService).status();
    expect(body.credentials).toEqual([
      {
        account: null,
        health: 'up',
        state: 'fresh',
        everObtained: true,
        refreshing: false,
        role: 'refresher',
        generation: 1,
        generationId,
        ageMs: expect.any(Number),
        intervalMs: 1_200_000,
        dueInMs: expect.any(Number),
        remainingMs: expect.any(Number),
        foreignRefresher: { suspected: 0 },
        store: { description: expect.any(String), scope: 'process', failing: false },
        stored: {
          content: 'record',
          findings: [expect.objectContaining({ status: 'skipped' })],
          record: expect.objectContaining({
            generation: 1,
            sealed: false,
            anotherSecret: false,
            readerRejected: false,
          }),
        },
        events: [
          expect.objectContaining({ event: 'credentials-updated', generation: 1, source: 'refresh' }),
          expect.objectContaining({ event: 'token-pending' }),
          expect.objectContaining({ event: 'refresh-started', reason: 'initial', attempt: 1 }),
        ],
      },
    ]);
  });

  it('tells what was sent to Tencent, the newest first, and never an order number', async () => {
    const { ask, application } = await one();
    application.get(KycSandbox).addOrder({ orderNo: 'order1' });
    const ocr = application.get(OcrResultService);
    await ocr.query('order1');
    await ocr.query(orderNoForCode('-9013')).catch(() => undefined);
    const { body, text } = await ask('/ops/exchanges');
    const brief = body.exchanges.map(({ endpoint, outcome, vendorCode, status, attempt, generation }) => {
      return [endpoint, outcome, vendorCode, status, attempt, generation];
    });
    expect(brief).toEqual([
      ['getBankCardOcrResult', 'CARD_UNREADABLE', '-9013', 200, 1, 1],
      ['getBankCardOcrResult', 'OK', '0', 200, 1, 1],
      ['api_ticket', 'OK', '0', 200, 1, 1],
      ['access_token', 'OK', '0', 200, 1, undefined],
    ]);
    for (const { at, durationMs } of body.exchanges) {
      expect(Number.isNaN(Date.parse(String(at)))).toBe(false);
      expect(Number.isSafeInteger(durationMs)).toBe(true);
    }
    expect(text).not.toMatch(/order|bizSeqNo/i);
    expect((await ask('/ops/exchanges?limit=1')).body.exchanges).toHaveLength(1);
    for (const limit of ['0', '1001', '-1', '1e1', 'x', '', '1&limit=2']) {
      expect((await ask(`/ops/exchanges?limit=${limit}`)).status).toBe(400);
    }
  });

  it('keeps no more exchanges than it is told to', async () => {
    const { ask, application } = await serve(platform, {
      imports: [OWN(), BankCardOcrOpsModule.forRoot({ recentExchanges: 3 })],
    });
    application.get(KycSandbox).addOrder({ orderNo: 'order1' });
    const ocr = application.get(OcrResultService);
    for (let times = 0; times < 4; times += 1) await ocr.query('order1');
    const { exchanges } = (await ask('/ops/exchanges')).body;
    expect(exchanges.map(({ endpoint }) => endpoint)).toEqual(Array(3).fill('getBankCardOcrResult'));
  });

  it('refreshes once for all operators who ask at the same time', async () => {
    const { ask, post, application } = await one();
    await credentialsOf(application);
    const sandbox = application.get(KycSandbox);
    const outcomes = await Promise.all(Array.from({ length: 3 }, () => post('/ops/refresh')));
    expect(sandbox.calls.accessToken).toBe(2);
    for (const { status, body } of outcomes) {
      expect(status).toBe(200);
      expect(body).toMatchObject({ account: null, outcome: 'refreshed', generation: 2, by: 'this-process' });
    }
    expect(outcomes.filter(({ body }) => body['joined'] !== true)).toHaveLength(1);
    const again = await post('/ops/refresh');
    expect([again.status, again.body]).toEqual([
      200,
      expect.objectContaining({ outcome: 'too-soon', code: 'RATE_LIMITED', retryInMs: expect.any(Number) }),
    ]);
    expect(sandbox.violations()).toEqual([]);
    expect((await ask('/ops/refresh')).status).toBe(404);
  });

  it('tells why a refresh failed, and that the next one has to wait', async () => {
    const { post, application, ask } = await one();
    await credentialsOf(application);
    const sandbox = application.get(KycSandbox);
    sandbox.injectFault({ endpoint: 'access_token', kind: 'code', code: '66660002' });
    const { status, body } = await post('/ops/refresh');
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({
        outcome: 'failed',
        code: 'ACCESS_DENIED',
        vendorCode: '66660002',
        message: { en: expect.stringMatching(/contract/), zh: expect.any(String) },
      }),
    ]);
    const asked = sandbox.calls.accessToken;
    expect((await post('/ops/refresh')).body).toMatchObject({ outcome: 'backing-off', joined: false });
    expect(sandbox.calls.accessToken).toBe(asked);
    const [shown] = (await ask('/ops/credentials')).body.credentials;
    expect(shown).toMatchObject({
      health: 'up',
      state: 'fresh',
      failure: { code: 'ACCESS_DENIED', vendorCode: '66660002', retryInMs: expect.any(Number) },
    });
  });

  it('checks the store on demand', async () => {
    const { post } = await one();
    const { status, body } = await post('/ops/store-check');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      account: null,
      findings: [{ found: { en: expect.any(String), zh: expect.any(String) } }],
    });
    expect(['nothing', 'record']).toContain(body['content']);
  });

  it('tells accounts apart by their names', async () => {
    const { ask, post, application } = await serve(platform, {
      imports: [OWN(), OWN({ name: 'loans' }), BankCardOcrOpsModule.forRoot()],
    });
    const token = getBankCardOcrToken(TicketService, 'loans');
    await Promise.all([application.get(TicketService), application.get(token)].map((one) => one.getCredentials()));
    const named = async (path: string, list: 'accounts' | 'credentials' | 'exchanges') => {
      const { body } = await ask(path);
      return [...new Set(body[list].map(({ account }) => account))];
    };
    expect(await named('/ops/accounts', 'accounts')).toEqual([null, 'loans']);
    expect(await named('/ops/credentials', 'credentials')).toEqual([null, 'loans']);
    expect(await named('/ops/credentials?account=loans', 'credentials')).toEqual(['loans']);
    expect(await named('/ops/exchanges?account=loans', 'exchanges')).toEqual(['loans']);
    expect(await named('/ops/exchanges?account=', 'exchanges')).toEqual([null]);
    expect((await post('/ops/refresh?account=loans')).body).toMatchObject({ account: 'loans', generation: 2 });
    expect((await post('/ops/refresh')).body).toMatchObject({ account: null, generation: 2 });
    for (const route of ['credentials', 'exchanges', 'live']) {
      expect((await ask(`/ops/${route}?account=nobody`)).status).toBe(404);
      expect((await ask(`/ops/${route}?account=loans&account=other`)).status).toBe(400);
    }
  });

  it('asks for a name when several accounts have one', async () => {
    const { post } = await serve(platform, {
      imports: [OWN({ name: 'loans' }), OWN({ name: 'savings' }), BankCardOcrOpsModule.forRoot()],
    });
    expect((await post('/ops/refresh')).status).toBe(400);
    expect((await post('/ops/refresh?account=savings')).body).toMatchObject({ account: 'savings' });
  });

  it('knows accounts that come and go at run time', async () => {
    const sandbox = await KycSandbox.start({ appId: 'IDATENANT', unknownOrders: 'invent' });
    const { ask, post, application } = await serve(platform, {
      imports: [
        BankCardOcrAccountsModule.forRoot({ resolve: () => optionsFor(sandbox) }),
        BankCardOcrOpsModule.forRoot(),
      ],
    });
    expect((await ask('/ops/accounts')).body).toEqual({ accounts: [] });
    expect((await post('/ops/refresh')).status).toBe(404);
    const factory = application.get(BankCardOcrClientFactory);
    const client = await factory.get('tenant-1');
    await client.results.query('order1');
    expect((await ask('/ops/accounts')).body.accounts).toMatchObject([{ account: 'tenant-1', runTime: true }]);
    // Those before anybody has looked, too.
    expect((await ask('/ops/exchanges?account=tenant-1')).body.exchanges).toHaveLength(3);
    await factory.evict('tenant-1');
    expect((await ask('/ops/accounts')).body).toEqual({ accounts: [] });
    await application.close();
    await sandbox.stop();
  });

  it('takes a path and guards of its own, which other controllers do not get', async () => {
    const seen: string[] = [];
    @Injectable()
    class Journal {
      readonly seen = seen;
    }
    @Injectable()
    class OperatorsGuard implements CanActivate {
      constructor(private readonly journal: Journal) {}
      canActivate(): boolean {
        this.journal.seen.push('asked');
        return false;
      }
    }
    @Module({ providers: [Journal], exports: [Journal] })
    class JournalModule {}
    const guarded = { path: 'guarded/cards', imports: [JournalModule], decorators: [UseGuards(OperatorsGuard)] };
    const { ask } = await serve(platform, {
      imports: [OWN(), BankCardOcrOpsModule.forRoot(guarded), BankCardOcrOpsModule.forRoot()],
    });
    expect((await ask('/guarded/cards/accounts')).status).toBe(403);
    expect(seen).toEqual(['asked']);
    expect((await ask('/ops/accounts')).status).toBe(200);
    expect(seen).toEqual(['asked']);
  });
});

describe('the operations module', () => {
  it.each([
    ['recentExchanges', 0],
    ['recentExchanges', 10_001],
    ['maxLiveClients', 1.5],
    ['maxLiveClients', Number.NaN],
  ])('refuses %s %p', (option, value) => {
    expect(() => BankCardOcrOpsModule.forRoot({ [option]: value })).toThrow(new RegExp(`${option}.*whole number`));
  });

  it('shows an account whose TicketService a test has replaced', async () => {
    const replaced = { getCredentials: () => Promise.reject(new Error('none')) };
    const imports = [OWN(), BankCardOcrOpsModule.forRoot()];
    const { ask } = await serve('express', { imports }, (builder) => {
      builder.overrideProvider(TicketService).useValue(replaced);
    });
    expect((await ask('/ops/accounts')).body).toMatchObject({ accounts: [{ account: null, state: 'unknown' }] });
    expect((await ask('/ops/credentials')).body).toMatchObject({ credentials: [{ state: 'unknown', events: [] }] });
  });
});
