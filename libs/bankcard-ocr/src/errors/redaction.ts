import { plainest, printable } from '../plain-text.js';
import { maskDigitRuns } from './digit-runs.js';

const LONGEST_TEXT = 300;
/** Of a longer text only the beginning is looked at. */
const LONGEST_READ = 16 * LONGEST_TEXT;
/** Texts that may be Base64 of a card number, though too short for a secret. */
const BASE64_LIKE = /[A-Za-z0-9+/_-]{16,31}={0,2}/g;
const CARD_NUMBER_LIKE = /\d(?:[^\p{L}\p{N}]{0,4}\d){11,}/u;
/** The digits of Chinese, of accounts too: a card number that is written out. */
const WRITTEN_OUT =
  /[〇零一二三四五六七八九壹贰貳叁參肆伍陆陸柒捌玖](?:[^\p{L}\p{N}]{0,8}[〇零一二三四五六七八九壹贰貳叁參肆伍陆陸柒捌玖]){11,}/gu;
/** Nonces have 32 characters, signatures 40, tickets, tokens and secrets 64 or more; Base64 any number. */
const SECRET_LIKE = /[A-Za-z0-9+/_=-]{32,}/g;
/** Too short for a card number or any secret, and plain: most messages are such words. */
const HARMLESS = /^(?! )[ -~\u3001-\u3003\u4e00-\u9fff\uff01-\uff0f]{1,11}(?<! )$/;
/** Shorter values that were sent may be part of any word; they are removed where they are words by themselves. */
const SHORTEST_ANYWHERE = 6;
/** So many times over a text may be encoded. */
const MOST_LAYERS = 6;
const ENCODED =
  /(?:%[0-9A-Fa-f]{2})+|&#\d{1,7};?|&#[xX][0-9A-Fa-f]{1,6};?|&(?:amp|nbsp|ensp|emsp|thinsp|shy|zwnj|zwj|lrm|rlm);|\\u\{[0-9A-Fa-f]{1,6}\}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[nrt]|<[^<>]{1,40}>/g;
const HIGHEST_CODE_POINT = 0x10ffff;

/**
 * Make a text of the vendor safe to show: the values that we sent (`sent`), whatever is as long as a secret, and card
 * numbers are removed, however they are spelled or encoded; control characters (forged log lines) become spaces, what is
 * never seen is removed; the length is limited.
 */
export function redactVendorText(text: string, sent: readonly string[] = []): string {
  if (HARMLESS.test(text) && !sent.some(({ length }) => length <= text.length)) return text;
  const read = text.slice(0, LONGEST_READ);
  const plain = decoded(read);
  const redacted = redact(plain, sent);
  // The vendor's own punctuation, where there was nothing to remove.
  let safe = (redacted === plain ? printable(read) : redacted).trim();
  const cut = text.length > LONGEST_READ;
  // The end may be the beginning of a secret that was cut through, which nothing recognises.
  if (cut) safe = safe.slice(0, -LONGEST_TEXT);
  return cut || safe.length > LONGEST_TEXT ? `${safe.slice(0, LONGEST_TEXT)}…` : safe;
}

/** The first three and the last two characters of an app id: enough to tell two apart in a log. */
export function maskAppId(appId: string): string {
  return appId.length > 7 ? `${appId.slice(0, 3)}***${appId.slice(-2)}` : '***';
}

function redact(text: string, sent: readonly string[]): string {
  let safe = text;
  for (const value of sent) safe = withoutSent(safe, value);
  safe = safe.replace(SECRET_LIKE, '[redacted]').replace(BASE64_LIKE, withoutEncodedCardNumber);
  return maskDigitRuns(safe.replace(WRITTEN_OUT, '[redacted]'));
}

/** The plainest spelling of a text, what is encoded in it decoded: as a reader would understand it who wants to. */
function decoded(text: string): string {
  let current = plainest(printable(text));
  for (let layer = 0; layer < MOST_LAYERS; layer += 1) {
    const next = plainest(printable(current.replace(ENCODED, decodedPiece)));
    if (next === current) return next;
    current = next;
  }
  // Nobody encodes so often who has nothing to hide.
  return current.replace(ENCODED, '[redacted]');
}

function decodedPiece(piece: string): string {
  if (piece.startsWith('%')) return decodedBytes(piece);
  if (piece.startsWith('<') || /^\\[nrt]$/.test(piece)) return ' ';
  if (piece === '&amp;') return '&';
  const digits = /^(?:&#[xX]|\\u\{?|\\x)([0-9A-Fa-f]+)/.exec(piece)?.[1];
  const codePoint = digits === undefined ? Number(/^&#(\d+)/.exec(piece)?.[1] ?? 0x20) : parseInt(digits, 16);
  return codePoint <= HIGHEST_CODE_POINT ? String.fromCodePoint(codePoint) : ' ';
}

function decodedBytes(percents: string): string {
  try {
    return decodeURIComponent(percents);
  } catch {
    // No UTF-8: byte by byte.
    return Buffer.from(percents.replaceAll('%', ''), 'hex').toString('latin1');
  }
}

function withoutEncodedCardNumber(text: string): string {
  const inside = plainest(printable(Buffer.from(text, 'base64').toString('utf8')));
  return CARD_NUMBER_LIKE.test(inside) ? '[redacted]' : text;
}

function withoutSent(text: string, value: string): string {
  if (value === '') return text;
  const bytes = Buffer.from(value);
  const inOurQuery = new URLSearchParams({ '': value }).toString().slice(1);
  const encoded = [bytes.toString('base64'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')];
  const spellings = new Set([
    value,
    decoded(value),
    encodeURIComponent(value),
    inOurQuery,
    ...encoded,
    bytes.toString('hex'),
  ]);
  let safe = text;
  for (const spelling of spellings) {
    if (spelling !== '' && spelling.length <= text.length) safe = safe.replace(patternOf(spelling), '[redacted]');
  }
  return safe;
}

function patternOf(spelling: string): RegExp {
  const escaped = spelling.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
  if (spelling.length >= SHORTEST_ANYWHERE) return new RegExp(escaped, 'gi');
  const before = /^[0-9A-Za-z]/.test(spelling) ? '(?<![0-9A-Za-z])' : '';
  const behind = /[0-9A-Za-z]$/.test(spelling) ? '(?![0-9A-Za-z])' : '';
  return new RegExp(before + escaped + behind, 'gi');
}
