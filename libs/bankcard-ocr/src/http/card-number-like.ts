import { passesLuhn } from '../card/luhn.js';
import { plainest, printable } from '../plain-text.js';

/** 12 to 19 digits, in whatever script, spaces or hyphens between groups. */
const CARD_NUMBER_LIKE = /^\d(?:[ -]?\d){11,18}$/;
/** Milliseconds since 1970, of the years 2001 to 2033; no card number is like that, and every tenth passes Luhn. */
const EPOCH_MS_LIKE = /^1\d{12}$/;

/** Whether a value reads as a card number: 12 to 19 digits whose last one is the Luhn check digit. */
export function isCardNumberLike(value: string | number | bigint): boolean {
  const text = plainest(printable(String(value))).trim();
  if (!CARD_NUMBER_LIKE.test(text)) return false;
  if (typeof value === 'number' && EPOCH_MS_LIKE.test(text)) return false;
  return passesLuhn(text.replaceAll(/[ -]/g, ''));
}
