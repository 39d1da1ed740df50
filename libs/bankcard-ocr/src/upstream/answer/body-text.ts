import { isUtf8 } from 'node:buffer';

const BYTE_ORDER_MARK = '\ufeff';
const NOT_DECODED = /\ufffd/g;
/** What UTF-8 has three bytes for: by chance, text in another encoding hardly ever reads as one of these. */
const THREE_BYTES_LONG = /[\u0800-\ufffc]/g;

/**
 * Decode a body: UTF-8, as the documents say, or GBK (GB18030, which includes it), in which gateways in front of the vendor
 * have been seen to write. What is neither, such as a message that was cut within a character, is read as far as it can
 * be: JSON and its codes are ASCII, and a code that is lost makes nobody act rightly.
 *
 * What a header says about the encoding is not asked: it is wrong as often as it is right, and the bytes tell.
 */
export function bodyText(body: Buffer): string {
  const decoded = body.toString('utf8');
  const text = isUtf8(body) || isMostlyUtf8(decoded) ? decoded : (decodeGbk(body) ?? decoded);
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

function isMostlyUtf8(decoded: string): boolean {
  const count = (pattern: RegExp) => decoded.match(pattern)?.length ?? 0;
  return count(THREE_BYTES_LONG) > count(NOT_DECODED);
}

function decodeGbk(body: Buffer): string | undefined {
  try {
    return new TextDecoder('gb18030', { fatal: true }).decode(body);
  } catch {
    // It is not GBK either, or this Node was built without the encodings of ICU.
    return undefined;
  }
}
