import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { BankCardOcrModule } from 'nestjs-bankcard-ocr';
import { BankCardOcrArchiveModule } from 'nestjs-bankcard-ocr/archive';
import { BullMqArchiveQueue } from 'nestjs-bankcard-ocr/archive-queue';
import { bankCardOcrConfig } from 'nestjs-bankcard-ocr/config';
import { openEvidence } from './evidence.js';
import { OrdersInFile } from './orders.js';

const { REDIS_URL = '', ORDERS_FILE = '' } = process.env;

/** One worker. Each compares the orders with the archive, too, so that any of them may be killed. */
@Module({
  imports: [
    ConfigModule.forRoot({ ignoreEnvFile: true }),
    BankCardOcrModule.forRootAsync(bankCardOcrConfig.asProvider()),
    BankCardOcrArchiveModule.forRootAsync({
      useFactory: () => ({
        ...openEvidence(process.env),
        // An order of a killed worker is free after twice this time. The default of 30 s suits slower stores.
        queue: new BullMqArchiveQueue({ redis: REDIS_URL, leaseMs: 10_000 }),
        worker: { concurrency: 4 },
        reconcile: { expected: new OrdersInFile(ORDERS_FILE), intervalMs: 1_000 },
      }),
    }),
  ],
})
export class AppModule {}
