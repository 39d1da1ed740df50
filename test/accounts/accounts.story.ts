import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Injectable, Module } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import {
  BankCardOcrModule,
  getBankCardOcrToken,
  InjectBankCardOcr,
  OcrResultService,
  SdkLaunchService,
  TicketService,
} from 'nestjs-bankcard-ocr';
import { bankCardOcrConfigFor } from 'nestjs-bankcard-ocr/config';
import { BankCardOcrTestingModule, getSandboxInjectionToken, KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { ConfigModule } from '@nestjs/config';
import { optionsFor } from '../support/application.js';
import { MemoryLog } from '../support/memory-log.js';
import { sandbox, start, stopAll } from '../support/several-accounts.js';

/** A service of the application that works for two accounts. */
@Injectable()
class Lending {
  constructor(
    @InjectBankCardOcr(OcrResultService, 'loans') readonly loans: OcrResultService,
    @InjectBankCardOcr(OcrResultService, 'savings') readonly savings: OcrResultService,
    readonly own: OcrResultService,
  ) {}
}

@Module({ providers: [Lending] })
class LendingModule {}

const directories: string[] = [];

afterEach(async () => {
  await stopAll();
  for (const one of directories.splice(0)) rmSync(one, { recursive: true, force: true });
});

describe('an application with three accounts', () => {
  let loans: KycSandbox;
  let savings: KycSandbox;
  let own: KycSandbox;
  let directory: string;
  let log: MemoryLog;
  let application: TestingModule;

  beforeEach(async () => {
    [loans, savings, own] = [await sandbox('IDALOANS'), await sandbox('IDASAVES'), await sandbox('IDAOWNXX')];
    directory = mkdtempSync(path.join(tmpdir(), 'accounts-'));
    directories.push(directory);
    const ticketStore = `file:${directory}`;
    log = new MemoryLog();
    application = await start(
      [
        BankCardOcrModule.forRootAsync({
          name: 'loans',
          isGlobal: true,
          useFactory: async () => optionsFor(loans, { ticketStore }),
        }),
        BankCardOcrModule.forRoot({ name: 'savings', isGlobal: true, ...optionsFor(savings, { ticketStore }) }),
        BankCardOcrModule.forRoot({ isGlobal: true, ...optionsFor(own, { ticketStore }) }),
        LendingModule,
      ],
      log,
    );
  });

  it('asks each vendor account with its own credentials', async () => {
    const lending = application.get(Lending);
    const answers = await Promise.all([
      lending.loans.query('order1'),
      lending.savings.query('order1'),
      lending.own.query('order1'),
    ]);
    expect(answers.map(({ orderNo }) => orderNo)).toEqual(['order1', 'order1', 'order1']);
    for (const one of [loans, savings, own]) {
      expect(one.calls).toMatchObject({ accessToken: 1, apiTicket: 1, result: 1 });
      expect(one.violations()).toEqual([]);
    }
  });

  it('keeps the credentials of each in a record of its own', async () => {
    await Promise.all(['loans', 'savings', undefined].map((name) => ticketsOf(name).getCredentials()));
    expect(readdirSync(directory)).toHaveLength(3);
  });

  it('goes on with the others when the secret of one is wrong', async () => {
    loans.changeSecret();
    await ticketsOf('loans')
      .refresh()
      .catch(() => undefined);
    await expect(application.get(Lending).savings.query('order1')).resolves.toBeDefined();
    expect(ticketsOf('savings').status().generation).toBe(1);
    expect(savings.calls.accessToken).toBe(1);
  });

  it('tells the events and log lines of each apart', async () => {
    const names: string[] = [];
    await Promise.all(['loans', 'savings', undefined].map((name) => ticketsOf(name).getCredentials()));
    ticketsOf('loans').events$.subscribe(({ type }) => void names.push(type));
    await ticketsOf('savings')
      .refresh()
      .catch(() => undefined);
    expect(names).toEqual([]);
    expect(ticketsOf('savings').status().generation).toBe(2);
    const started = log.lines.filter(({ text }) => text.includes('credentials in'));
    const contexts = started.map(({ context }) => context);
    expect(new Set(contexts)).toEqual(new Set(['BankCardOcr', 'BankCardOcr:loans', 'BankCardOcr:savings']));
    expect(contexts).toHaveLength(3);
  });

  it('launches and checks the phone SDK of one without the other knowing', async () => {
    const sdk = application.get(getBankCardOcrToken(SdkLaunchService, 'loans'));
    const { orderNo } = await sdk.create({ userId: 'user1' });
    expect(loans.calls).toMatchObject({ apiTicket: 2 });
    const signed = { orderNo, sign: loans.phoneResultSignature(orderNo) ?? '' };
    await expect(sdk.verifyResult(signed)).resolves.toBe(true);
    const other = application.get(getBankCardOcrToken(SdkLaunchService, 'savings'));
    await expect(other.verifyResult(signed)).resolves.toBe(false);
  });

  function ticketsOf(name: string | undefined): TicketService {
    return application.get(getBankCardOcrToken(TicketService, name), { strict: false });
  }
});

describe('a registration with a name', () => {
  it('exports no class: who forgets the name is told by Nest', async () => {
    const loans = optionsFor(await sandbox('IDALOANS'));
    await expect(
      start([BankCardOcrModule.forRoot({ name: 'loans', isGlobal: true, ...loans }), LendingModule]),
    ).rejects.toThrow(/OcrResultService of 'savings'/);
    @Module({ providers: [{ provide: 'x', inject: [OcrResultService], useFactory: () => 1 }] })
    class Forgetful {}
    await expect(
      start([BankCardOcrModule.forRoot({ name: 'loans', isGlobal: true, ...loans }), { module: Forgetful }]),
    ).rejects.toThrow(/can't resolve dependencies.*OcrResultService/s);
  });

  it('is read from variables that begin with its name, and its faults name them', async () => {
    const loans = await sandbox('IDALOANS');
    const environment = { ...process.env };
    const load = () =>
      BankCardOcrModule.forRootAsync({ ...bankCardOcrConfigFor('loans-cn').asProvider(), name: 'loans-cn' });
    try {
      process.env['LOANS_CN_BANKCARD_OCR_APP_ID'] = loans.appId;
      process.env['LOANS_CN_BANKCARD_OCR_BASE_URL'] = loans.url;
      const config = await ConfigModule.forRoot({ ignoreEnvFile: true });
      await expect(start([config, load()])).rejects.toThrow(/secret \(LOANS_CN_BANKCARD_OCR_SECRET\)/);
      process.env['LOANS_CN_BANKCARD_OCR_SECRET'] = loans.secret;
      const application = await start([config, load()]);
      await application.get(getBankCardOcrToken(OcrResultService, 'loans-cn')).query('order1');
      expect(loans.calls.result).toBe(1);
    } finally {
      process.env = environment;
    }
  });

  it('can be tested on a sandbox of its own', async () => {
    const application = await start([
      BankCardOcrTestingModule.forRoot({ name: 'loans' }),
      BankCardOcrTestingModule.forRoot({ name: 'savings' }),
      BankCardOcrTestingModule.forRoot(),
      LendingModule,
    ]);
    application
      .get(getSandboxInjectionToken('loans'))
      .addOrder({ orderNo: 'order1', bankCardNo: '6222021234567890128' });
    const { loans, savings } = application.get(Lending);
    await expect(loans.query('order1')).resolves.toMatchObject({ orderNo: 'order1' });
    await expect(savings.query('order1')).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' });
    expect(application.get(KycSandbox).calls.result).toBe(0);
  });
});
