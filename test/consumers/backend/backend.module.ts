import { PassThrough } from 'node:stream';
import { Controller, Get, Inject, Module, Param, UseInterceptors, ValidationPipe } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { BankCardOcrModule, OcrResultService, TicketService } from 'nestjs-bankcard-ocr';
import { bankCardOcrConfig, bankCardOcrConfigFor } from 'nestjs-bankcard-ocr/config';
import { BankCardOcrErrorInterceptor, BankCardOcrResponseDto, OrderNoParamsDto } from 'nestjs-bankcard-ocr/http';
import { Loans } from './loans.js';

const validate = new ValidationPipe({ transform: true, whitelist: true });

@Controller()
@UseInterceptors(BankCardOcrErrorInterceptor)
export class BankCardsController {
  constructor(
    private readonly ocr: OcrResultService,
    private readonly loans: Loans,
    @Inject(TicketService) private readonly tickets: TicketService,
  ) {}

  @Get('bank-cards/:orderNo')
  async find(@Param(validate) { orderNo }: OrderNoParamsDto): Promise<BankCardOcrResponseDto> {
    return BankCardOcrResponseDto.from(await this.ocr.query(orderNo));
  }

  @Get('loans/:orderNo')
  async findLoan(@Param(validate) { orderNo }: OrderNoParamsDto): Promise<BankCardOcrResponseDto> {
    return BankCardOcrResponseDto.from(await this.loans.ocr.query(orderNo));
  }

  @Get('photos/:orderNo')
  async findPhoto(@Param(validate) { orderNo }: OrderNoParamsDto) {
    const { photos } = await this.ocr.query(orderNo, { photos: true });
    const manifest = await this.ocr.download(orderNo, () => new PassThrough().resume());
    return {
      bytes: photos.original?.bytes.length,
      downloaded: manifest.photos.find(({ kind }) => kind === 'original')?.size,
      generation: this.tickets.status().generation,
    };
  }
}

@Module({
  imports: [
    ConfigModule.forRoot({ ignoreEnvFile: true }),
    BankCardOcrModule.forRootAsync({ ...bankCardOcrConfig.asProvider(), isGlobal: true }),
    BankCardOcrModule.forRootAsync({ ...bankCardOcrConfigFor('loans').asProvider(), name: 'loans', isGlobal: true }),
  ],
  controllers: [BankCardsController],
  providers: [Loans],
})
export class BackendModule {}
