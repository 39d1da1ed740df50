import { maskCardNumber } from '../card/card-number.js';
import { plainest, printable } from '../runtime/printable-text.js';
import { VENDOR_CODES, WARNING_TEXTS } from './vendor-codes.js';

const LONGEST_TEXT = 300;
const LONGEST_READ = 16 * LONGEST_TEXT;
/** Too short for a card number or any secret, and plain: most messages are such words. */
const HARMLESS = /^(?! )[ -~\u3001-\u3003\u4e00-\u9fff\uff01-\uff0f]{1,11}(?<! )$/;
/** Nonces have 32 characters, signatures 40, tickets, tokens and secrets 64 or more; Base64 any number. */
const SECRET_LIKE = /[A-Za-z0-9+/_=-]{32,}/g;

/** Without what was `sent`, secrets, card numbers, in whatever encoding or script, and control characters; cut. */
export function redactVendorText(text: string, sent: readonly string[] = []): string {
  if (HARMLESS.test(text) && !sent.some(({ length }) => length <= text.length)) return text;
  const read = text.slice(0, LONGEST_READ);
  const plain = decoded(read);
  const withoutSecrets = sent.reduce(withoutSent, plain).replace(SECRET_LIKE, '[redacted]');
  const redacted = maskCardNumbers(withoutSecrets);
  // Tencent's own punctuation, where there was nothing to remove.
  let safe = (redacted === plain ? printable(read) : redacted).trim();
  const cut = text.length > LONGEST_READ;
  // The end may be the beginning of a secret that was cut through, which nothing recognizes.
  if (cut) safe = safe.slice(0, -LONGEST_TEXT);
  return cut || safe.length > LONGEST_TEXT ? `${safe.slice(0, LONGEST_TEXT)}…` : safe;
}

/** The first three and the last two characters of an app id: enough to distinguish two in a log. */
export function maskAppId(appId: string): string {
  return appId.length > 7 ? `${appId.slice(0, 3)}***${appId.slice(-2)}` : '***';
}

/** A message is encoded by what passes it on, seldom more often than this. */
const MOST_LAYERS = 3;
const ENCODED = /((?:%[0-9A-F]{2})+)|&#x([0-9A-F]{1,5});|\\u([0-9A-F]{4})|&#(\d{1,6});/gi;

/** The plainest spelling of a text, URL encoding, entities and JSON escapes resolved. */
function decoded(text: string): string {
  let current = plainest(printable(text));
  for (let layer = 0; layer < MOST_LAYERS; layer += 1) {
    const next = current.replace(ENCODED, (_piece, bytes?: string, hex?: string, escape?: string, decimal?: string) =>
      bytes === undefined
        ? String.fromCodePoint(Number(decimal ?? `0x${hex ?? escape}`))
        : Buffer.from(bytes.replaceAll('%', ''), 'hex').toString(),
    );
    if (next === current) break;
    current = plainest(printable(next));
  }
  return current;
}

/** Shorter values that were sent may be part of any word; they are removed where they are words by themselves. */
const SHORTEST_ANYWHERE = 6;

function withoutSent(text: string, value: string): string {
  const spelling = decoded(value);
  if (spelling === '') return text;
  const escaped = spelling.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
  const isAnywhere = spelling.length >= SHORTEST_ANYWHERE;
  const before = !isAnywhere && /^[0-9A-Za-z]/.test(spelling) ? '(?<![0-9A-Za-z])' : '';
  const behind = !isAnywhere && /[0-9A-Za-z]$/.test(spelling) ? '(?![0-9A-Za-z])' : '';
  return text.replace(new RegExp(before + escaped + behind, 'gi'), '[redacted]');
}

/** Tencent's messages say when something was. No card number begins so and has 12 or 14 digits. */
const TIMESTAMP = /((?<!\d)(?:19|20)\d\d[-/.]\d\d[-/.]\d\d[ T]+\d\d(?::\d\d){1,2}(?!\d))/;
/** As many digits as the shortest of card numbers has, with anything but letters between them. */
const CARD_NUMBER_LIKE = /\d(?:[^\p{L}\p{N}]{0,16}\d){11,}/gu;
/** Long parts of a number with a few words between them: none of Tencent's codes but the dated ones is as long. */
const SPLIT_CARD_NUMBER_LIKE = /\d{6,}(?:[^]{1,24}?(?<!\d)\d{6,})+/g;
const DATE = /^20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/;
/** The shortest of Tencent's codes that cannot be mistaken for a count. */
const SHORTEST_CODE = 4;

/** Timestamps, and lists of Tencent's own codes and of dates, stay: messages are about them. */
function maskCardNumbers(text: string): string {
  const pieces = text.split(TIMESTAMP);
  const mask = (piece: string): string =>
    piece.replace(CARD_NUMBER_LIKE, maskRun).replace(SPLIT_CARD_NUMBER_LIKE, maskRun);
  return pieces.map((piece, index) => (index % 2 === 1 ? piece : mask(piece))).join('');
}

function maskRun(run: string): string {
  const parts = run.match(/\d+/g) ?? [];
  const isHarmless = parts.every((part) => DATE.test(part) || isDocumented(part) || isDocumented(`-${part}`));
  return isHarmless ? run : maskCardNumber(parts.join(''));
}

function isDocumented(code: string): boolean {
  return code.length >= SHORTEST_CODE && (Object.hasOwn(VENDOR_CODES, code) || Object.hasOwn(WARNING_TEXTS, code));
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
