import { KycSandbox } from './kyc-sandbox.js';
import { changed, DEFAULT_SETTINGS } from './kyc-sandbox.options.js';

describe('options', () => {
  test('the defaults are the vendor’s lifetimes and no faults', () => {
    expect(DEFAULT_SETTINGS).toEqual({
      tokenLifeMs: 7_200_000,
      ticketLifeMs: 3_600_000,
      nonceTicketLifeMs: 120_000,
      overlapMs: 60_000,
      minRefreshIntervalMs: 0,
      deadTicketCode: '400102',
      wrongSecretCode: '400101',
      latePhotos: undefined,
      hostProfile: 'any',
      concurrencyLimit: undefined,
      expireInAs: 'number',
      httpStatusOfFailures: 200,
      photoBytes: undefined,
      answerDelayMs: 0,
      unknownOrders: 'reject',
    });
  });

  test('the default identity has a secret of its own for every sandbox', async () => {
    await using sandbox = await KycSandbox.start();
    await using other = await KycSandbox.start();
    expect([sandbox.appId, sandbox.url]).toEqual(['IDASANDB', expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)]);
    expect(sandbox.secret).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(other.secret).not.toBe(sandbox.secret);
  });

  test('a sandbox changes its own settings only', async () => {
    await using sandbox = await KycSandbox.start({ overlapMs: 5 });
    sandbox.configure({ overlapMs: 6 });
    expect(DEFAULT_SETTINGS.overlapMs).toBe(60_000);
  });

  test('undefined switches off what can be off, and leaves the rest', () => {
    const before = changed('It', DEFAULT_SETTINGS, { concurrencyLimit: 5, overlapMs: 7 });
    const settings = changed('It', DEFAULT_SETTINGS, { concurrencyLimit: undefined, overlapMs: undefined }, before);
    expect(settings).toMatchObject({ concurrencyLimit: undefined, overlapMs: 7 });
  });

  test('what is no setting cannot be changed at run time', async () => {
    await using sandbox = await KycSandbox.start();
    // @ts-expect-error -- the app id is fixed at the start
    expect(() => sandbox.configure({ appId: 'IDAOTHER' })).toThrow('no appId to set');
    // @ts-expect-error -- nor is a misspelt name silently ignored
    await expect(KycSandbox.start({ overlapMS: 5 })).rejects.toThrow('no overlapMS to set');
  });

  test('a given identity', async () => {
    await using sandbox = await KycSandbox.start({ appId: 'IDAMINE0', secret: 'mine', host: 'localhost' });
    expect([sandbox.appId, sandbox.secret]).toEqual(['IDAMINE0', 'mine']);
    expect((await fetch(sandbox.url)).status).toBe(404);
  });
});
