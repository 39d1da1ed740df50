import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { startApplication, type TestApplication } from '../support/application.js';

let sandbox: KycSandbox;
let app: TestApplication;

beforeEach(async () => {
  sandbox = await KycSandbox.start();
  app = await startApplication(sandbox);
});

afterEach(async () => {
  await app.application.close();
  await sandbox.stop();
});

describe('a query over real HTTP', () => {
  it('gives the card, its validity, its warnings, and the photos only when asked', async () => {
    sandbox.addOrder({
      orderNo: 'order0001',
      bankCardNo: '6222021234567890128',
      bankCardValidDate: '12/2024',
      warnings: ['-9113', '66661009'],
      photos: 'all',
    });
    const result = await app.ocr.query('order0001');
    expect(result.cardNumber.masked).toBe('622202*********0128');
    expect(result.cardNumber.reveal()).toBe('6222021234567890128');
    expect(result.validity).toEqual({ raw: '12/2024', month: 12, year: 2024, expired: true });
    expect(result.warnings.map(({ code }) => code)).toEqual(['-9113', '66661009']);
    expect(result.photos.status).toBe('absent');
    expect(result.bizSeqNo).toMatch(/^\d{32}$/);

    const { photos } = await app.ocr.query('order0001', { photos: true });
    expect(photos.status).toBe('complete');
    expect(photos.original?.mediaType).toBe('image/jpeg');
    expect(photos.crop?.size).toBeGreaterThan(1_000);
    expect(sandbox.violations()).toEqual([]);
    expect(sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1 });
    expect(sandbox.rejected).toBe(0);
  });
});
