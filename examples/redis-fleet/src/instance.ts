import 'reflect-metadata';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BankCardOcrModule, bankCardOcrOptionsFromEnv, OcrResultService, TicketService } from 'nestjs-bankcard-ocr';

/** One of several instances of a backend: all that it needs to know of the others is their Redis. */
@Controller()
class InstanceController {
  constructor(
    private readonly ocr: OcrResultService,
    private readonly tickets: TicketService,
  ) {}

  @Get('bank-cards/:orderNo')
  async find(@Param('orderNo') orderNo: string) {
    const { cardNumber } = await this.ocr.query(orderNo);
    return { cardNumber, generation: this.tickets.status().generation };
  }
}

@Module({
  imports: [BankCardOcrModule.forRootAsync({ useFactory: () => bankCardOcrOptionsFromEnv(process.env) })],
  controllers: [InstanceController],
})
class InstanceModule {}

const app = await NestFactory.create(InstanceModule, { logger: ['warn', 'error'] });
await app.listen(0, '127.0.0.1');
process.send?.(await app.getUrl());
process.once('SIGTERM', () => void app.close().then(() => process.disconnect()));
