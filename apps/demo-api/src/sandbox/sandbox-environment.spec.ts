import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { pointAtSandbox } from './sandbox-environment.js';

it('leaves nothing of a real configuration', async () => {
  await using sandbox = await KycSandbox.start();
  const env: NodeJS.ProcessEnv = {
    PATH: '/bin',
    BANKCARD_OCR_APP_ID: 'REALAPP1',
    BANKCARD_OCR_SECRET: 'a-real-secret',
    BANKCARD_OCR_BASE_URL: 'https://idasc.webank.com',
    BANKCARD_OCR_TICKET_STORE: 'file:/var/lib/real/tickets',
    BANKCARD_OCR_REFRESH_INTERVAL_MS: '1',
  };
  pointAtSandbox(env, sandbox);
  expect(env).toEqual({
    PATH: '/bin',
    BANKCARD_OCR_APP_ID: sandbox.appId,
    BANKCARD_OCR_SECRET: sandbox.secret,
    BANKCARD_OCR_BASE_URL: sandbox.url,
    BANKCARD_OCR_TICKET_STORE: 'memory:',
  });
});
