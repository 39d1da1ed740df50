import { ApiProperty } from '@nestjs/swagger';
import type { BankCardOcrResult } from 'nestjs-bankcard-ocr';

/** A whole card number, for a key that may reveal it. Nothing else of the card goes with it. */
export class CardNumberView {
  @ApiProperty({
    type: String,
    description: 'The order that the card was recognized under',
    example: 'exampleCleanCard',
  })
  orderNo!: string;

  @ApiProperty({
    type: String,
    description: 'The whole number: show it, do not store or log it',
    example: '6222021234567890128',
  })
  cardNumber!: string;

  static of({ orderNo, cardNumber }: BankCardOcrResult): CardNumberView {
    return Object.assign(new CardNumberView(), { orderNo, cardNumber: cardNumber.reveal() });
  }
}
