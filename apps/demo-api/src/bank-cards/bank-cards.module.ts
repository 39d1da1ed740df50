import { Module } from '@nestjs/common';
import { OcrResultService } from 'nestjs-bankcard-ocr';
import { BankCardsController } from './bank-cards.controller.js';
import { PhotoShelf } from './photo-shelf.js';

/** Cards and their photos, by order number. */
@Module({
  controllers: [BankCardsController],
  providers: [
    { provide: PhotoShelf, inject: [OcrResultService], useFactory: (ocr: OcrResultService) => new PhotoShelf(ocr) },
  ],
})
export class BankCardsModule {}
