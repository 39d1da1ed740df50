import { maskCardNumber } from '../card/card-number.js';
import { plainest, printable } from '../runtime/printable-text.js';
import { VENDOR_CODES, WARNING_TEXTS } from './vendor-codes.js';

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

/** As long as the shortest of card numbers. */
const FEWEST_DIGITS = 12;
/** What may stand between the digits of one number: anything but letters and other digits. */
const SEPARATOR = /^[^\p{L}\p{N}]{0,16}$/u;
/** Digits that are a number's part also where words stand between the parts: none of the vendor's codes is as long. */
const LONG_PART = 6;
const LONGEST_WORDS = 24;
/** The vendor's messages say when something was. No card number begins so and has 12 or 14 digits. */
const TIMESTAMP =
  /(?<!\d)(?:19|20)\d\d([-/.])(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])[ T]+(?:[01]\d|2[0-3])(?::[0-5]\d){1,2}(?!\d)/g;
const DATE = /^20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/;
/** The shortest of the vendor's codes that is told from a number somebody counted to. */
const SHORTEST_CODE = 4;

interface Part {
  readonly start: number;
  readonly digits: string;
  /** A documented code of the vendor, or a date: a run of nothing else is no card number. */
  readonly isHarmless: boolean;
}

/**
 * Mask whatever may be a card number: 12 digits or more with anything but letters between them, and long parts of one with
 * a few words between them. Timestamps, and lists of the vendor's own codes, stay: messages are about them.
 */
export function maskDigitRuns(text: string): string {
  const parts = partsOf(text);
  const rest: Part[] = [];
  const runs = inRuns(parts, (from, to) => SEPARATOR.test(text.slice(endOf(from), to.start)));
  const places = runs.flatMap((run) => {
    const digits = joined(run);
    if (digits.length < FEWEST_DIGITS || run.every(({ isHarmless }) => isHarmless)) {
      rest.push(...run);
      return [];
    }
    return [{ start: run[0]!.start, end: endOf(run.at(-1)!), shown: maskCardNumber(digits) }];
  });
  let masked = '';
  let at = 0;
  for (const { start, end, shown } of [...places, ...maskedParts(rest)].sort((a, b) => a.start - b.start)) {
    masked += text.slice(at, start) + shown;
    at = end;
  }
  return masked + text.slice(at);
}

/** Parts of a number with words between them: all of it keeps its first six and its last four digits. */
function maskedParts(parts: readonly Part[]) {
  const long = parts.filter(({ digits, isHarmless }) => !isHarmless && digits.length >= LONG_PART);
  return inRuns(long, (from, to) => to.start - endOf(from) <= LONGEST_WORDS)
    .filter((run) => joined(run).length > FEWEST_DIGITS)
    .flatMap((run) => {
      const masked = maskCardNumber(joined(run));
      let before = 0;
      return run.map((part) => {
        const shown = masked.slice(before, before + part.digits.length);
        before += part.digits.length;
        return { start: part.start, end: endOf(part), shown };
      });
    });
}

function partsOf(text: string): Part[] {
  const timestamps = [...text.matchAll(TIMESTAMP)].map(({ index, 0: { length } }) => ({ index, end: index + length }));
  return [...text.matchAll(/\d+/g)]
    .filter(({ index }) => !timestamps.some((timestamp) => index >= timestamp.index && index < timestamp.end))
    .map(({ index, 0: digits }) => {
      const isHarmless =
        DATE.test(digits) || isDocumented(digits) || (text[index - 1] === '-' && isDocumented(`-${digits}`));
      return { start: index, digits, isHarmless };
    });
}

function isDocumented(code: string): boolean {
  return code.length >= SHORTEST_CODE && (Object.hasOwn(VENDOR_CODES, code) || Object.hasOwn(WARNING_TEXTS, code));
}

function inRuns(parts: readonly Part[], belong: (from: Part, to: Part) => boolean): Part[][] {
  const runs: Part[][] = [];
  for (const part of parts) {
    const run = runs.at(-1);
    if (run && belong(run.at(-1)!, part)) run.push(part);
    else runs.push([part]);
  }
  return runs;
}

function joined(run: readonly Part[]): string {
  return run.map(({ digits }) => digits).join('');
}

function endOf({ start, digits }: Part): number {
  return start + digits.length;
}

/** The code of an error of the system, of Node.js or of ours, e.g. `ECONNRESET`: unlike its message safe to show. */
export function systemCodeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,48}$/.test(code) ? code : undefined;
}

/** All that can be shown of an unexpected error, whose message may repeat what was sent: its code, or its name. */
export function codeOrNameOf(error: unknown): string {
  const name = systemCodeOf(error) ?? (error as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' && /^\w{1,48}$/.test(name) ? name : 'Error';
}
