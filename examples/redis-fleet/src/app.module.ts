import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { BankCardOcrModule } from 'nestjs-bankcard-ocr';
import { bankCardOcrConfig } from 'nestjs-bankcard-ocr/config';
import { BankCardsController } from './bank-cards.controller.js';
import { ReadyController } from './ready.controller.js';

/** One instance. That it is one of many, and whether it refreshes, is said by variables only. */
@Module({
  imports: [
    ConfigModule.forRoot({ ignoreEnvFile: true }),
    BankCardOcrModule.forRootAsync({ ...bankCardOcrConfig.asProvider(), isGlobal: true }),
  ],
  controllers: [BankCardsController, ReadyController],
})
export class AppModule {}
