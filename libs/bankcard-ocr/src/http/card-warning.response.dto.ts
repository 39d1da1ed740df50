import { Expose } from 'class-transformer';
import type { CardWarning } from '../card/card-warning.js';

/** A doubt about a card, as answered over HTTP. */
export class CardWarningDto {
  /** What `@nestjs/swagger` reads; written as its CLI plugin would. */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      code: { required: true, type: () => String, description: "The vendor's warning code", example: '-9113' },
      en: { required: true, type: () => String, description: 'What it means, in English' },
      zh: { required: true, type: () => String, description: 'What it means, in Chinese' },
    };
  }

  static from({ code, en, zh }: CardWarning): CardWarningDto {
    return Object.assign(new CardWarningDto(), { code, en, zh });
  }

  /** The vendor's warning code; decide on this, not on the texts. */
  @Expose()
  code!: string;
  @Expose()
  en!: string;
  @Expose()
  zh!: string;
}
