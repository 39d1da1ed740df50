const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * Decode Base64 character by character: with two `=` at the end at most, line breaks anywhere, either alphabet.
 *
 * @returns undefined for anything else
 */
export function decodeSlowly(text: string): Buffer | undefined {
  const usual = text
    .replace(/[\r\n]/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/');
  const match = /^([A-Za-z0-9+/]+)={0,2}$/.exec(usual);
  const data = match?.[1];
  if (data === undefined || data.length % 4 === 1) return undefined;
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of data) {
    value = ((value << 6) | ALPHABET.indexOf(character)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >> bits) & 0xff);
  }
  return Buffer.from(bytes);
}
