import { connectionError, UNEXPECTED_UPGRADE_CODE } from './transport-error.js';

const EXAMPLE = 'HTTP/1.1 100';
const INTERIM = /^HTTP\/1\.\d 1\d\d/;
const CR = 0x0d;
const LF = 0x0a;
const ONE = 0x31;
/** As much as Node.js allows for a head. */
const LONGEST_HEAD = 16 * 1024;
const SWITCHING_PROTOCOLS = '101';

/** Removes interim responses (RFC 9110, section 15.2), also unrequested ones, wherever they are cut. */
export class InterimResponses {
  /** Bytes of a head of which is not known yet whether it is an interim one, or where it ends. */
  #begun: Buffer | undefined;
  #isHeadExpected = false;

  expectHead(): void {
    this.#isHeadExpected = true;
  }

  /** @returns what is left; nothing, when more has to come first. @throws for one that switches protocols */
  strip(bytes: Buffer): Buffer {
    if (!this.#isHeadExpected) return bytes;
    let rest = this.#begun ? Buffer.concat([this.#begun, bytes]) : bytes;
    this.#begun = undefined;
    for (;;) {
      const end = endOfInterimResponse(rest);
      if (end === 'incomplete' && rest.length <= LONGEST_HEAD) {
        this.#begun = rest;
        return Buffer.alloc(0);
      }
      // The connection would speak another protocol from here on.
      if (end === 'upgrade') throw connectionError(UNEXPECTED_UPGRADE_CODE, 'the response switches protocols');
      if (typeof end !== 'number') {
        // The head of the response itself, or something that the parser shall refuse.
        this.#isHeadExpected = false;
        return rest;
      }
      rest = rest.subarray(end);
    }
  }
}

/** @returns the index behind an interim response at the beginning; `incomplete` when more bytes have to tell */
function endOfInterimResponse(bytes: Buffer): number | 'incomplete' | 'upgrade' | 'none' {
  let start = 0;
  // A parser skips empty lines before a head.
  while (bytes[start] === CR || bytes[start] === LF) start += 1;
  // Nearly every response is told by one byte.
  const status = bytes[start + EXAMPLE.length - 3];
  if (status !== undefined && status !== ONE) return 'none';
  const line = bytes.toString('latin1', start, start + EXAMPLE.length + 1);
  // What is missing of a line that is cut off may still come.
  if (!INTERIM.test(line + EXAMPLE.slice(line.length))) return 'none';
  if (line.length <= EXAMPLE.length) return 'incomplete';
  if (!/[ \r\n]/.test(line.slice(-1))) return 'none';
  if (line.slice(-4, -1) === SWITCHING_PROTOCOLS) return 'upgrade';
  for (let from = start; ;) {
    const lineFeed = bytes.indexOf(LF, from);
    if (lineFeed < 0) return 'incomplete';
    if (bytes[lineFeed - 1] !== CR) return 'none';
    if (lineFeed - 1 === from) return lineFeed + 1;
    from = lineFeed + 1;
  }
}
