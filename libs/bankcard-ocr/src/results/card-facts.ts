import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { PHOTO_KINDS } from '../card/card-photo.js';
import type { CardFacts } from '../telemetry/instrumentation.js';
import { CardRejectedError } from './warning-policy.js';

/** What telemetry may know of a card: warning codes, also of a card that was rejected, and the sizes of photos. */
export function cardFacts(result: BankCardOcrResult | undefined, error: unknown): CardFacts {
  if (error instanceof CardRejectedError) return { warnings: error.card.warnings.map(({ code }) => code) };
  if (!result) return {};
  const photos = PHOTO_KINDS.flatMap((kind) => {
    const photo = result.photos[kind];
    return photo ? [{ kind, bytes: photo.size }] : [];
  });
  return { warnings: result.warnings.map(({ code }) => code), photos };
}
