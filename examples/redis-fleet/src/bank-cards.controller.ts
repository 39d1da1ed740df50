import { Controller, Get, Param, UseInterceptors, ValidationPipe } from '@nestjs/common';
import { OcrResultService } from 'nestjs-bankcard-ocr';
import { BankCardOcrErrorInterceptor, BankCardOcrResponseDto, OrderNoParamsDto } from 'nestjs-bankcard-ocr/http';

/** Put a guard of your own in front of it: whoever knows an order number is told of its card. */
@Controller('bank-cards')
@UseInterceptors(BankCardOcrErrorInterceptor)
export class BankCardsController {
  constructor(private readonly ocr: OcrResultService) {}

  @Get(':orderNo')
  async find(
    @Param(new ValidationPipe({ transform: true, whitelist: true })) { orderNo }: OrderNoParamsDto,
  ): Promise<BankCardOcrResponseDto> {
    return BankCardOcrResponseDto.from(await this.ocr.query(orderNo));
  }
}
