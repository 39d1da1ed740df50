import { KycSandbox } from './kyc-sandbox.js';
import { changeSettings, DEFAULT_SETTINGS, resolveOptions } from './kyc-sandbox.options.js';

describe('options', () => {
  test('the defaults are the vendor’s lives and no faults', () => {
    const { identity, settings } = resolveOptions({});
    expect(settings).toEqual({
      tokenLifeMs: 7_200_000,
      ticketLifeMs: 3_600_000,
      nonceTicketLifeMs: 120_000,
      overlapMs: 60_000,
      minRefreshIntervalMs: 0,
      deadTicketCode: '400102',
      wrongSecretCode: '400101',
      latePhotos: undefined,
      recognitionAppId: 'either',
      concurrencyLimit: undefined,
      expireInAs: 'number',
      httpStatusOfFailures: 200,
      photoBytes: undefined,
      answerDelayMs: 0,
      unknownOrders: 'reject',
    });
    expect(identity).toMatchObject({ appId: 'IDASANDB', port: 0, host: '127.0.0.1', pathPrefix: '' });
    expect(identity.secret).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(resolveOptions({}).identity.secret).not.toBe(identity.secret);
  });

  test('a sandbox changes its own settings only', () => {
    resolveOptions({ overlapMs: 5 });
    expect(DEFAULT_SETTINGS.overlapMs).toBe(60_000);
    expect(resolveOptions({}).settings.overlapMs).toBe(60_000);
  });

  test('undefined switches off what can be off, and leaves the rest', () => {
    const { settings } = resolveOptions({ concurrencyLimit: 5, overlapMs: 7 });
    changeSettings(settings, { concurrencyLimit: undefined, overlapMs: undefined });
    expect(settings).toMatchObject({ concurrencyLimit: undefined, overlapMs: 7 });
  });

  test('what is no setting cannot be changed at run time', async () => {
    await using sandbox = await KycSandbox.start();
    // @ts-expect-error -- the app id is fixed at the start
    expect(() => sandbox.configure({ appId: 'IDAOTHER' })).toThrow("no setting 'appId'");
    // @ts-expect-error -- nor is a misspelt name silently ignored
    await expect(KycSandbox.start({ overlapMS: 5 })).rejects.toThrow("no setting 'overlapMS'");
  });

  test('a given identity', async () => {
    await using sandbox = await KycSandbox.start({ appId: 'IDAMINE0', secret: 'mine', host: 'localhost' });
    expect([sandbox.appId, sandbox.secret]).toEqual(['IDAMINE0', 'mine']);
    expect((await fetch(sandbox.url)).status).toBe(404);
  });
});
