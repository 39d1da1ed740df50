import { Module } from '@nestjs/common';
import { OcrResultService } from 'nestjs-bankcard-ocr';
import { BankCardsController } from './bank-cards.controller.js';
import { PhotoSpool } from './photo-spool.js';

/** Cards and their photos, by order number. */
@Module({
  controllers: [BankCardsController],
  providers: [
    { provide: PhotoSpool, inject: [OcrResultService], useFactory: (ocr: OcrResultService) => new PhotoSpool(ocr) },
  ],
})
export class BankCardsModule {}
