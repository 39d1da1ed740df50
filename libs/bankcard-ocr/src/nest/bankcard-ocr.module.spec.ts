import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DynamicModule, Injectable, type LoggerService, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { Test, type TestingModule } from '@nestjs/testing';
import { BankCardOcrModule } from './bankcard-ocr.module.js';
import type { BankCardOcrOptionsFactory } from './bankcard-ocr.module.js';
import { bankCardOcrConfig } from '../config/index.js';
import { TicketService } from '../credentials/ticket.service.js';
import { OcrResultService } from '../results/ocr-result.service.js';
import type { BankCardOcrOptions } from '../options/bankcard-ocr.options.js';
import { createOrderNo } from '../call/order-number.js';
import { SdkLaunchService } from '../sdk/sdk-launch.service.js';
import { SignatureService } from '../signature/signature.service.js';
import { KycSandbox } from '../testing/kyc-sandbox.js';

let sandbox: KycSandbox;
let options: BankCardOcrOptions;
const applications: TestingModule[] = [];

@Injectable()
class OptionsFromClass implements BankCardOcrOptionsFactory {
  createBankCardOcrOptions(): BankCardOcrOptions {
    return options;
  }
}

@Module({ providers: [OptionsFromClass], exports: [OptionsFromClass] })
class ExistingModule {}

class MemoryLogger implements LoggerService {
  readonly lines: string[] = [];
  readonly log = (line: unknown) => void this.lines.push(`log ${line}`);
  readonly warn = (line: unknown) => void this.lines.push(`warn ${line}`);
  readonly error = (line: unknown) => void this.lines.push(`error ${line}`);
  readonly debug = (line: unknown) => void this.lines.push(`debug ${line}`);
}

async function start(imports: DynamicModule[], logger: LoggerService | false = false): Promise<TestingModule> {
  const builder = Test.createTestingModule({ imports });
  builder.setLogger(logger === false ? new MemoryLogger() : logger);
  const application = await builder.compile();
  applications.push(application);
  return application.init();
}

beforeAll(async () => {
  sandbox = await KycSandbox.start({ unknownOrders: 'invent' });
  options = { appId: sandbox.appId, secret: sandbox.secret, baseUrl: sandbox.url };
});

afterEach(async () => {
  await Promise.all(applications.splice(0).map((application) => application.close()));
});

afterAll(() => sandbox.stop());

/** Every way to register the module. */
const REGISTRATIONS: [string, () => DynamicModule][] = [
  ['forRoot', () => BankCardOcrModule.forRoot(options)],
  ['forRootAsync with useFactory', () => BankCardOcrModule.forRootAsync({ useFactory: async () => options })],
  ['forRootAsync with useClass', () => BankCardOcrModule.forRootAsync({ useClass: OptionsFromClass })],
  [
    'forRootAsync with useExisting',
    () => BankCardOcrModule.forRootAsync({ imports: [ExistingModule], useExisting: OptionsFromClass }),
  ],
];

describe.each(REGISTRATIONS)('%s', (_name, register) => {
  it('provides four services that launch the phone SDK and fetch a result', async () => {
    const application = await start([register()]);
    expect(application.get(SignatureService).createNonce()).toHaveLength(32);
    await expect(application.get(TicketService).getCredentials()).resolves.toMatchObject({ generation: 1 });
    await expect(application.get(OcrResultService).query('order1')).resolves.toMatchObject({ orderNo: 'order1' });
    const userId = createOrderNo();
    await expect(application.get(SdkLaunchService).create({ userId })).resolves.toMatchObject({ userId });
  });
});

describe('BankCardOcrModule', () => {
  it('is configured from the environment by @nestjs/config', async () => {
    const variables = {
      BANKCARD_OCR_APP_ID: sandbox.appId,
      BANKCARD_OCR_SECRET: sandbox.secret,
      BANKCARD_OCR_BASE_URL: sandbox.url,
      BANKCARD_OCR_TICKET_STORE: 'memory:',
    };
    Object.assign(process.env, variables);
    try {
      const application = await start([
        await ConfigModule.forRoot({ ignoreEnvFile: true }),
        BankCardOcrModule.forRootAsync(bankCardOcrConfig.asProvider()),
      ]);
      await expect(application.get(OcrResultService).query('order1')).resolves.toMatchObject({ orderNo: 'order1' });
    } finally {
      for (const name of Object.keys(variables)) delete process.env[name];
    }
  });

  it('is there for every module with isGlobal, and only then', async () => {
    @Injectable()
    class Consumer {
      constructor(readonly ocr: OcrResultService) {}
    }
    const consumer: DynamicModule = { module: class ConsumerModule {}, providers: [Consumer] };
    const application = await start([BankCardOcrModule.forRoot({ ...options, isGlobal: true }), consumer]);
    expect(application.get(Consumer).ocr).toBeInstanceOf(OcrResultService);
    await expect(start([BankCardOcrModule.forRoot(options), consumer])).rejects.toThrow(/can't resolve dependencies/);
  });

  it('says once where it talks to and where credentials are kept, with the app id masked', async () => {
    const logger = new MemoryLogger();
    await start([BankCardOcrModule.forRoot(options)], logger);
    const line = logger.lines.filter((text) => text.includes('credentials in'));
    expect(line).toHaveLength(1);
    expect(line[0]).toContain(new URL(sandbox.url).host);
    expect(line[0]).toContain('memory: (shared with this process only)');
    expect(logger.lines.join()).not.toContain(sandbox.appId);
  });

  it.each([
    [undefined, 1],
    ['https://kyc1.qcloud.com', 0],
  ])(
    'names the newer hosts once when it starts with the oldest one: base URL %s, %d line(s)',
    async (baseUrl, count) => {
      const logger = new MemoryLogger();
      const account = { ...options, baseUrl, ticketStore: 'memory:', proxy: 'none', backgroundRefresh: false };
      await start([BankCardOcrModule.forRoot(account)], logger);
      const lines = logger.lines.filter((line) => line.includes('newer pages of Tencent name'));
      expect(lines).toEqual(Array.from({ length: count }, () => expect.stringContaining('kyc1.qcloud.com') as string));
    },
  );

  it('warns of intervals that only a sandbox has', async () => {
    const logger = new MemoryLogger();
    await start([BankCardOcrModule.forRoot({ ...options, refreshIntervalMs: 500, ticketOverlapMs: 900 })], logger);
    expect(logger.lines.filter((line) => line.startsWith('warn'))).toHaveLength(2);
  });

  it('stops the start with one message that lists every fault, and no secret', async () => {
    const wrong = { appId: '', secret: 'a secret with spaces', baseUrl: 'http://vendor.example', timeoutMs: -1 };
    const failure = await start([BankCardOcrModule.forRoot(wrong)]).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'CONFIGURATION' });
    const message = (failure as Error).message;
    for (const variable of ['APP_ID', 'SECRET', 'BASE_URL', 'TIMEOUT_MS'])
      expect(message).toContain(`BANKCARD_OCR_${variable}`);
    expect(message).not.toContain('a secret with spaces');
  });

  it('wants the ticket store named for a host that is not this machine', async () => {
    const failure = start([BankCardOcrModule.forRoot({ ...options, baseUrl: 'https://vendor.example' })]);
    await expect(failure).rejects.toThrow(/ticketStore \(BANKCARD_OCR_TICKET_STORE\).*file:.*redis:/s);
  });

  it('refuses a second registration of the same app id and says how to fix it', async () => {
    const twice = [BankCardOcrModule.forRoot(options), BankCardOcrModule.forRoot({ ...options, maxAttempts: 1 })];
    await expect(start(twice)).rejects.toThrow(/registered twice.*isGlobal: true/s);
  });

  it('takes one registration that several modules import', async () => {
    const registration = BankCardOcrModule.forRoot(options);
    const others = [class One {}, class Two {}].map((module) => ({ module, imports: [registration] }));
    const application = await start([registration, ...others]);
    await expect(application.get(OcrResultService).query('order1')).resolves.toBeDefined();
  });

  it('lets two applications of one process use the same app id', async () => {
    await start([BankCardOcrModule.forRoot(options)]);
    await expect(start([BankCardOcrModule.forRoot(options)])).resolves.toBeDefined();
  });

  it('does not start where the ticket store cannot be written', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tickets-'));
    const file = join(directory, 'taken');
    // A file where the directory should be fails for every user, root too.
    await writeFile(file, '');
    const failure = start([BankCardOcrModule.forRoot({ ...options, ticketStore: `file:${file}` })]);
    await expect(failure).rejects.toThrow(/BANKCARD_OCR_TICKET_STORE.*cannot be used \((ENOTDIR|EEXIST): /);
    await rm(directory, { recursive: true });
  });

  it('sends no request with backgroundRefresh: false until the first query', async () => {
    const before = sandbox.calls.accessToken;
    const application = await start([BankCardOcrModule.forRoot({ ...options, backgroundRefresh: false })]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(sandbox.calls.accessToken).toBe(before);
    await application.get(OcrResultService).query('order1');
    expect(sandbox.calls.accessToken).toBe(before + 1);
  });

  it('rejects queries after the application has closed, at once', async () => {
    const application = await start([BankCardOcrModule.forRoot({ ...options, backgroundRefresh: false })]);
    const ocr = application.get(OcrResultService);
    await application.close();
    applications.splice(0);
    await expect(ocr.query('order1')).rejects.toMatchObject({ code: 'NO_VALID_TICKET' });
  });
});
