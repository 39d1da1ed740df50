import {
  BankCardOcrAccountsModule,
  BankCardOcrError,
  BankCardOcrModule,
  type BankCardOcrOptions,
  FileTicketStore,
  OcrResultService,
  RecognitionService,
  SdkLaunchService,
} from 'nestjs-bankcard-ocr';
import {
  BankCardOcrErrorInterceptor,
  CardNumberMaskingInterceptor,
  CreateSdkLaunchDto,
  PhotosQueryDto,
  RecognizeBankCardDto,
} from 'nestjs-bankcard-ocr/http';
import { RedisTicketStore } from 'nestjs-bankcard-ocr/redis';
import { aBankCardOcrResult, BankCardOcrTestingModule, KycSandbox } from 'nestjs-bankcard-ocr/testing';
import type { Redis } from 'ioredis';

// Compiled with exactOptionalPropertyTypes by test/processes/exact-optional.story.ts: whatever may be left out may be undefined.

/** A value that a configuration has or has not. */
type Perhaps<T> = { readonly [Name in keyof T]-?: T[Name] | undefined };

export function registrations(perhaps: Perhaps<BankCardOcrOptions>, name: string | undefined) {
  const options: BankCardOcrOptions = { ...perhaps, appId: 'IDAXXXXX', secret: 'of the app id' };
  const paths = { queryResult: undefined, apiTicket: '/tickets' };
  const vendorCodeOverrides = { '4': { actor: undefined, retry: 'never' as const } };
  return [
    BankCardOcrModule.forRoot({ ...options, paths, vendorCodeOverrides, isGlobal: undefined, name }),
    BankCardOcrModule.forRootAsync({ name, useFactory: (): BankCardOcrOptions => ({ ...options, proxy: undefined }) }),
    BankCardOcrAccountsModule.forRoot({
      resolve: async () => ({ appId: perhaps.appId, secret: perhaps.secret, baseUrl: undefined }),
      defaults: { ticketStore: perhaps.ticketStore, warningPolicy: undefined },
      maxAccounts: undefined,
    }),
    BankCardOcrTestingModule.forRoot({
      ...{ name, sandbox: { appId: undefined, overlapMs: undefined, port: undefined, clock: undefined } },
      module: { maxAttempts: undefined, appId: undefined },
    }),
    BankCardOcrTestingModule.forRoot({ name: undefined, sandbox: undefined, module: undefined }),
  ];
}

export function stores(client: Redis, undefinedNumber: number | undefined) {
  return [
    new FileTicketStore({ directory: '/tickets', appId: 'IDAXXXXX', timeoutMs: undefinedNumber }),
    new RedisTicketStore({ client, appId: 'x', timeoutMs: undefinedNumber, clock: undefined }),
  ];
}

interface Services {
  readonly ocr: OcrResultService;
  readonly sdk: SdkLaunchService;
  readonly recognition: RecognitionService;
}

export async function calls({ ocr, sdk, recognition }: Services, signal: AbortSignal | undefined): Promise<unknown[]> {
  const { photos } = new PhotosQueryDto();
  const { orderNo } = new CreateSdkLaunchDto();
  const { userId, ...recognize } = new RecognizeBankCardDto();
  const limits = {
    timeoutMs: undefined,
    attemptTimeoutMs: undefined,
    maxAttempts: undefined,
    waitForResultMs: undefined,
  };
  const { operatedAt } = await ocr.query('order1', { ...limits, photos, signal, warningPolicy: undefined });
  await ocr.query('order1', { recognizedAt: operatedAt });
  await recognition.recognize(Buffer.alloc(1), {
    ...limits,
    ...recognize,
    userId,
    signal,
    recognitionTimeoutMs: undefined,
  });
  return [
    ocr.queryMany([], { signal, concurrency: undefined, ratePerSecond: undefined, photos }),
    sdk.create({ userId: 'user1', orderNo, signal, timeoutMs: undefined }),
    sdk.verifyResult({ orderNo: 'order1', sign: 'x', signal, timeoutMs: undefined }),
  ];
}

export function rest(sandbox: KycSandbox, text: string | undefined, times: number | undefined): unknown[] {
  sandbox.addOrder({ orderNo: 'order1', bankCardNo: text, warnings: undefined, photos: undefined });
  sandbox.injectFault({ endpoint: 'access_token', kind: 'code', code: '4', detail: text, times });
  sandbox.configure({ overlapMs: times, latePhotos: undefined });
  return [
    new BankCardOcrErrorInterceptor({ language: undefined }),
    new CardNumberMaskingInterceptor({ fields: undefined }),
    new BankCardOcrError('TIMEOUT', { message: text, retryAfterMs: times, vendorCode: text, cause: undefined }),
    aBankCardOcrResult().with({ clarity: undefined, photos: undefined, cardNumber: text }).build(),
  ];
}
