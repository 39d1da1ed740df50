import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { BankCardOcrModule } from 'nestjs-bankcard-ocr';
import { bankCardOcrConfig } from 'nestjs-bankcard-ocr/config';
import { BankCardsController } from './bank-cards.controller.js';

/** Everything about the vendor comes from variables, or from a file .env beside package.json. */
@Module({
  imports: [ConfigModule.forRoot(), BankCardOcrModule.forRootAsync(bankCardOcrConfig.asProvider())],
  controllers: [BankCardsController],
})
export class AppModule {}
