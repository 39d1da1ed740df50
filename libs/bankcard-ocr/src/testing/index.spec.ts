import * as entry from './index.js';

test('the public values of nestjs-bankcard-ocr/testing that the sandbox gives', () => {
  expect(Object.keys(entry)).toEqual(
    expect.arrayContaining([
      'KycSandbox',
      'ManualClock',
      'PICTURED_CARD_NUMBER',
      'SANDBOX_CODES',
      'SANDBOX_WARNINGS',
      'inventedCardNumber',
      'orderNoForCode',
      'orderNoForWarning',
      'vendorSignature',
    ]),
  );
  expect(Object.values(entry)).not.toContain(undefined);
});
