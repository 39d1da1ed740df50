import type { INestApplicationContext } from '@nestjs/common';
import { Redis } from 'ioredis';
import {
  BankCardOcrModule,
  type BankCardOcrOptions,
  getBankCardOcrToken,
  OcrResultService,
  SdkLaunchService,
} from 'nestjs-bankcard-ocr';
import { bankCardOcrConfig, bankCardOcrConfigFor } from 'nestjs-bankcard-ocr/config';
import { RedisTicketStore } from 'nestjs-bankcard-ocr/redis';
import { BankCardOcrTestingModule, getSandboxInjectionToken, KycSandbox } from 'nestjs-bankcard-ocr/testing';

// What wrong-options.ts has wrong, right. Compiled only: npm run typecheck, and by every consumer with the published types.

const account = { appId: 'IDAXXXXX', secret: 'of the app id' };

export const registrations = () => [
  BankCardOcrModule.forRoot(account),
  BankCardOcrModule.forRoot({ ...account, name: 'loans', isGlobal: true, transport: 'undici' }),
  BankCardOcrModule.forRoot({ ...account, warningPolicy: ({ code }) => (code === '-9113' ? 'reject' : 'accept') }),
  BankCardOcrModule.forRoot({
    ...account,
    ticketStore: new RedisTicketStore({ client: new Redis(), appId: 'IDAXXXXX' }),
  }),
  BankCardOcrModule.forRootAsync(bankCardOcrConfig.asProvider()),
  BankCardOcrModule.forRootAsync({ ...bankCardOcrConfigFor('loans').asProvider(), name: 'loans' }),
  BankCardOcrModule.forRootAsync({ name: 'loans', useFactory: async (): Promise<BankCardOcrOptions> => account }),
  BankCardOcrTestingModule.forRoot({ name: 'loans', sandbox: { unknownOrders: 'invent' }, module: { maxAttempts: 1 } }),
];

/** What is got with a token is typed, without a word about it. */
export async function injected(app: INestApplicationContext): Promise<string | undefined> {
  const sandbox: KycSandbox = app.get(getSandboxInjectionToken('loans'));
  sandbox.addOrder({ orderNo: 'order1', warnings: ['-9113'] });
  const launch = await app.get(getBankCardOcrToken(SdkLaunchService, 'loans')).create({ userId: 'user1' });
  const results = app.get(getBankCardOcrToken(OcrResultService, 'loans'));
  const { cardNumber, photos } = await results.query(launch.orderNo, { photos: true, warningPolicy: 'strict' });
  const bytes: Buffer | undefined = photos.original?.bytes;
  return bytes && cardNumber.reveal();
}
