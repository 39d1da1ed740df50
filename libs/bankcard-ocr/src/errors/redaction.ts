import { maskCardNumber } from '../card/card-number.js';

const LONGEST_TEXT = 300;
/** Of a longer text only the beginning is looked at. */
const LONGEST_READ = 16 * LONGEST_TEXT;
/** 12 digits or more, also in groups: as long as card numbers are, and what stands beside one belongs to it. */
const CARD_NUMBER_LIKE = /(?<![0-9])[0-9](?:[ -]{0,4}[0-9]){11,}/g;
/** Texts that may be Base64 of a card number, though too short for a secret. */
const BASE64_LIKE = /[A-Za-z0-9+/_-]{16,31}={0,2}/g;
/** Nonces have 32 characters, signatures 40, tickets, tokens and secrets 64 or more; Base64 any number. */
const SECRET_LIKE = /[A-Za-z0-9+/_=-]{32,}/g;
/** Too short for a card number or any secret, and without control characters: most messages are such words. */
const HARMLESS = /^(?! )[^\u0000-\u001f\u007f-\u009f\u2028\u2029]{1,11}(?<! )$/;
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/**
 * Make a text of the vendor safe to show: the values that we sent (`secrets`), whatever is as long as a secret, and
 * card numbers are removed; control characters (forged log lines) become spaces; the length is limited.
 */
export function redactVendorText(text: string, secrets: readonly string[] = []): string {
  if (HARMLESS.test(text) && !secrets.some(({ length }) => length <= text.length)) return text;
  // Control characters first: tabs and line ends between the groups of a card number must not hide it.
  let safe = text.slice(0, LONGEST_READ).replace(CONTROL_CHARACTERS, ' ');
  for (const secret of secrets) safe = withoutSecret(safe, secret);
  safe = safe.replace(SECRET_LIKE, '[redacted]').replace(BASE64_LIKE, withoutEncodedCardNumber);
  safe = safe.replace(CARD_NUMBER_LIKE, maskCardNumber).trim();
  const cut = text.length > LONGEST_READ;
  // The end may be the beginning of a secret that was cut through, which nothing recognises.
  if (cut) safe = safe.slice(0, -LONGEST_TEXT);
  return cut || safe.length > LONGEST_TEXT ? `${safe.slice(0, LONGEST_TEXT)}…` : safe;
}

/** The first three and the last two characters of an app id: enough to tell two apart in a log. */
export function maskAppId(appId: string): string {
  return appId.length > 7 ? `${appId.slice(0, 3)}***${appId.slice(-2)}` : '***';
}

function withoutEncodedCardNumber(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1').search(CARD_NUMBER_LIKE) < 0 ? text : '[redacted]';
}

function withoutSecret(text: string, secret: string): string {
  // Most messages are a few words, on every successful answer: they cannot hold a secret in any spelling.
  if (secret === '' || text.length < secret.length) return text;
  const base64 = Buffer.from(secret).toString('base64');
  const inOurQuery = new URLSearchParams({ '': secret }).toString().slice(1);
  const spellings = new Set([secret, encodeURIComponent(secret), inOurQuery, base64, base64.replace(/=+$/, '')]);
  let safe = text;
  for (const spelling of spellings) safe = safe.replace(new RegExp(escapeForRegExp(spelling), 'gi'), '[redacted]');
  return safe;
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
