import { ConfigModule } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import { BankCardOcrModule } from '../nest/bankcard-ocr.module.js';
import { OcrResultService } from '../results/ocr-result.service.js';
import { KycSandbox } from '../testing/index.js';
import { bankCardOcrConfig } from './index.js';

const before = { ...process.env };

afterEach(() => {
  process.env = { ...before };
});

describe('the configuration namespace', () => {
  it('is called bankcardOcr and reads the environment when it is asked, not when it is imported', () => {
    expect(bankCardOcrConfig.KEY).toBe('CONFIGURATION(bankcardOcr)');
    process.env['BANKCARD_OCR_APP_ID'] = 'IDA00001';
    process.env['BANKCARD_OCR_TIMEOUT_MS'] = '1234';
    expect(bankCardOcrConfig()).toMatchObject({ appId: 'IDA00001', timeoutMs: 1_234 });
  });

  it('registers the module, as its documentation says', async () => {
    const sandbox = await KycSandbox.start();
    process.env['BANKCARD_OCR_APP_ID'] = sandbox.appId;
    process.env['BANKCARD_OCR_SECRET'] = sandbox.secret;
    process.env['BANKCARD_OCR_BASE_URL'] = sandbox.url;
    const testing = await Test.createTestingModule({
      imports: [
        ConfigModule.forRoot({ ignoreEnvFile: true }),
        BankCardOcrModule.forRootAsync(bankCardOcrConfig.asProvider()),
      ],
    }).compile();
    testing.useLogger(false);
    const application = await testing.init();
    const { orderNo } = await application.get(OcrResultService).query(KycSandbox.EXAMPLE_ORDERS.clean);
    expect(orderNo).toBe(KycSandbox.EXAMPLE_ORDERS.clean);
    await application.close();
    await sandbox.stop();
  });

  it('lets a start without configuration fail with everything that is missing', async () => {
    for (const name of Object.keys(process.env)) if (name.startsWith('BANKCARD_OCR_')) delete process.env[name];
    const starting = Test.createTestingModule({
      imports: [
        ConfigModule.forRoot({ ignoreEnvFile: true }),
        BankCardOcrModule.forRootAsync(bankCardOcrConfig.asProvider()),
      ],
    }).compile();
    await expect(starting).rejects.toThrow(/3 faults[\s\S]*appId[\s\S]*secret[\s\S]*ticketStore/);
  });
});
