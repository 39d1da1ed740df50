import { unexpectedUpgrade } from './transport-error.js';

const EXAMPLE = 'HTTP/1.1 100';
const ONE = 0x31;
const H = 0x48;
/** As much as Node.js allows for a head. */
const LONGEST_HEAD = 16 * 1024;

/** All that are whole at the beginning; a parser skips empty lines before a head. */
const INTERIM = /^(?:[\r\n]*HTTP\/1\.\d 1(?!01)\d\d(?: [^\n]*)?\r\n(?:[^\n]+\r\n)*\r\n)*/;
/** One that has yet to end: all of its lines so far end as they must. */
const BEGUN = /^[\r\n]*HTTP\/1\.\d 1\d\d(?:[ \r][^\n]*(?:(?<=\r)\n[^\n]*)*)?$/;
const SWITCHING_PROTOCOLS = /^HTTP\/1\.\d 101[ \r]/;

/** Removes interim responses (RFC 9110, section 15.2), also unrequested ones, wherever they are cut. */
export class InterimResponses {
  /** Bytes of a head of which is not known yet whether it is an interim one, or where it ends. */
  #begun: Buffer | undefined;
  /** Set when a request is written. */
  isHeadExpected = false;

  /** @returns what is left; nothing, when more has to come first. @throws for one that switches protocols */
  strip(bytes: Buffer): Buffer {
    if (!this.isHeadExpected) return bytes;
    const all = this.#begun ? Buffer.concat([this.#begun, bytes]) : bytes;
    this.#begun = undefined;
    this.isHeadExpected = false;
    // Nearly every response is told by one byte.
    if (all[0] === H && all.length >= EXAMPLE.length && all[EXAMPLE.length - 3] !== ONE) return all;
    const text = all.toString('latin1');
    const { length } = INTERIM.exec(text)![0];
    const head = text.slice(length).replace(/^[\r\n]+/, '');
    // The connection would speak another protocol from here on.
    if (SWITCHING_PROTOCOLS.test(head)) throw unexpectedUpgrade();
    // The head of the response itself, or something that the parser shall refuse.
    if (all.length - length > LONGEST_HEAD || !BEGUN.test(head + EXAMPLE.slice(head.length)))
      return all.subarray(length);
    this.isHeadExpected = true;
    this.#begun = all.subarray(length);
    return Buffer.alloc(0);
  }
}
