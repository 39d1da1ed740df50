/**
 * Complete `payload` with the Luhn check digit that card numbers end in.
 */
export function withLuhnDigit(payload: string): string {
  let sum = 0;
  for (let index = 0; index < payload.length; index += 1) {
    const digit = Number(payload[payload.length - 1 - index]);
    const doubled = index % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return payload + String((10 - (sum % 10)) % 10);
}

/** Number on the invented cards of the sandbox's photos. */
export const PICTURED_CARD_NUMBER = withLuhnDigit('622202123456789012');

/**
 * An invented card number of 19 digits, always the same for the same order number. Its run of zeros after 62 says that
 * it is a test number; the twelve digits behind are a hash, so that 10 000 orders have 10 000 cards.
 */
export function inventedCardNumber(orderNo: string): string {
  const high = hash(orderNo, 2_166_136_261) % 1_000_000;
  const low = hash(orderNo, 40_389) % 1_000_000;
  return withLuhnDigit(`620000${String(high).padStart(6, '0')}${String(low).padStart(6, '0')}`);
}

/** FNV-1a, 32 bits with a final mix: cheap, spread, and the same on every machine. */
function hash(text: string, seed: number): number {
  let value = seed;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 16_777_619);
  }
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}
