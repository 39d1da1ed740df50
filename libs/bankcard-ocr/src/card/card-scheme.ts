/** The network in whose range of numbers a card lies; `unknown` for all other numbers. */
export type CardScheme =
  'unionpay' | 'visa' | 'mastercard' | 'amex' | 'jcb' | 'diners' | 'discover' | 'maestro' | 'unknown';

interface SchemeRange {
  readonly scheme: CardScheme;
  /** How its numbers begin, told by the first six digits at most: what masking shows. */
  readonly begins: RegExp;
  readonly lengths: readonly number[];
}

/**
 * The ranges that ISO/IEC 7812 numbers are issued in. They do not overlap. All of 62 is UnionPay's, also the part that
 * Discover's network takes abroad (622126 to 622925, 624 to 626, 6282 to 6288). Of 60 only Discover's 6011 is listed:
 * Chinese banks have domestic cards beside it (601382, 601428), as they have under 9 (955880), from before UnionPay.
 */
const RANGES: readonly SchemeRange[] = [
  { scheme: 'unionpay', begins: /^(?:62|81[0-6]|817[01])/, lengths: [16, 17, 18, 19] },
  { scheme: 'visa', begins: /^4/, lengths: [13, 16, 18, 19] },
  { scheme: 'mastercard', begins: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { scheme: 'amex', begins: /^3[47]/, lengths: [15] },
  { scheme: 'jcb', begins: /^35(?:2[89]|[3-8])/, lengths: [16, 17, 18, 19] },
  { scheme: 'diners', begins: /^(?:30[0-5]|3095|3[689])/, lengths: [14, 15, 16, 17, 18, 19] },
  { scheme: 'discover', begins: /^(?:6011|64[4-9]|65)/, lengths: [16, 17, 18, 19] },
  { scheme: 'maestro', begins: /^(?:50(?:18|20|38)|5893|6304|6759|676[1-3])/, lengths: [13, 14, 15, 16, 17, 18, 19] },
];

/** The scheme of a number that is nothing but digits, by how it begins and how long it is. */
export function schemeOf(digits: string): CardScheme {
  const range = RANGES.find(({ begins, lengths }) => lengths.includes(digits.length) && begins.test(digits));
  return range?.scheme ?? 'unknown';
}
