import { Expose } from 'class-transformer';
import type { CardValidity } from '../card/card-validity.js';

/** How long a card is valid, as answered over HTTP. */
export class CardValidityDto {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      raw: { required: true, type: () => String, description: 'As printed; empty for none', example: '12/2031' },
      month: { required: false, type: () => Number, minimum: 1, maximum: 12 },
      year: { required: false, type: () => Number, description: 'Four digits' },
    };
  }

  static from({ raw, month, year }: CardValidity): CardValidityDto {
    return Object.assign(new CardValidityDto(), { raw, month, year });
  }

  /** The vendor's text; empty when the card shows none. */
  @Expose()
  raw!: string;
  /** 1 to 12; undefined when {@link raw} could not be read. */
  @Expose()
  month?: number;
  /** Four digits; undefined when {@link raw} could not be read. */
  @Expose()
  year?: number;
}
