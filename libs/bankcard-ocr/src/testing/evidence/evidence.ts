import type { Clock } from '../../runtime/clock.js';
import type { EndpointName } from '../endpoints/endpoint-name.js';
import type { FaultKind } from '../faults/fault-registry.js';

/** Something that happened to the partner without a request. */
export type PartnerEvent = 'change-secret' | 'kill-credentials' | 'foreign-refresh' | 'launch';

/**
 * One request, or one {@link PartnerEvent}; no secret, token, ticket, signature, nonce, card number or image is in it.
 */
export interface JournalEntry {
  /** Wall clock of the sandbox when it arrived, ms since the epoch. */
  readonly at: number;
  readonly endpoint: EndpointName | PartnerEvent | 'unknown';
  /**
   * `pending`: not answered yet. `answered`: handed to the operating system whole. `lost`: the connection ended first,
   * or a fault spoilt the answer.
   */
  outcome: 'pending' | 'answered' | 'lost';
  /** The code that was answered, also when the answer was lost; absent when no regular answer was made. */
  code?: string;
  /** Of a query or a recognition whose order number is well-formed. */
  orderNo?: string;
  /** Of a query: whether it asked for photos with `get_file=1`. */
  photos?: boolean;
  /** Of an api_ticket call. */
  ticketType?: 'SIGN' | 'NONCE';
  /** Generation of the token that was issued, presented, or that stands behind the ticket that signed. */
  generation?: number;
  /** Number of the SIGN ticket that was issued or that signed. */
  ticket?: number;
  /** The fault that hit this request. */
  fault?: FaultKind;
}

/**
 * What a client must not do:
 * - `concurrent-refresh`: a token or SIGN ticket call arrived while another one was in flight.
 * - `refresh-interleaved`: a token call arrived between another refresh's token and its ticket call.
 * - `refresh-too-soon`: a token call came sooner than `minRefreshIntervalMs` after the previous token.
 * - `sign-ticket-on-the-side`: a second SIGN ticket from a token that had answered with one (it kills the first).
 * - `nonce-reused`: a nonce was seen before; every request wants a fresh one, retries included.
 * - `illegal-nonce`: not 32 letters and digits.
 * - `illegal-order-no`: longer than 32, or not letters and digits only.
 * - `order-no-reused`: an image was sent for recognition under an order number that has been used.
 * - `illegal-user-id`: longer than 32, or not letters and digits only.
 * - `nonce-ticket-too-soon`: a second NONCE ticket for the same user within two seconds.
 */
export type ViolationKind =
  | 'concurrent-refresh'
  | 'refresh-interleaved'
  | 'refresh-too-soon'
  | 'sign-ticket-on-the-side'
  | 'nonce-reused'
  | 'illegal-nonce'
  | 'illegal-order-no'
  | 'order-no-reused'
  | 'illegal-user-id'
  | 'nonce-ticket-too-soon';

/** One misuse; carries no secret, token, ticket, signature, nonce or card number. */
export interface ViolationEntry {
  readonly kind: ViolationKind;
  /** Wall clock of the sandbox, ms since the epoch. */
  readonly at: number;
  /** What happened and which rule of protocol.md it breaks. */
  readonly text: string;
}

/** Why a token call is a recovery and no misuse. */
export type RecoveryReason =
  /** The previous token's answer was destroyed, cut or spoilt, or the client left before it was written. */
  | 'answer-lost'
  /** The previous token was answered, but nobody ever asked for its ticket: its owner was probably killed. */
  | 'ticket-never-fetched'
  /** The previous token was answered, but no ticket call with it succeeded. A living owner would retry the ticket. */
  | 'ticket-call-failed';

/** A token call that follows a token nobody could use. */
export interface RecoveryEntry {
  readonly reason: RecoveryReason;
  /** Wall clock of the sandbox, ms since the epoch. */
  readonly at: number;
  /** Generation of the token that was lost. */
  readonly lostGeneration: number;
}

/** Facts with the moment they were noted: wall clock of the sandbox, ms since the epoch. */
type Dated<Facts> = Facts & { readonly at: number };

/** A list of dated entries that may be taken back; the oldest go when there are too many. */
export class EvidenceLog<Facts extends object> {
  readonly #clock: Clock;
  readonly #capacity: number;
  #entries: Dated<Facts>[] = [];

  constructor(clock: Clock, capacity = 50_000) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** Add facts and return the entry, so that the caller can fill or retract it later. */
  add(facts: Facts): Dated<Facts> {
    const dated = { at: this.#clock.now(), ...facts };
    this.#entries.push(dated);
    // Dropping a tenth at a time keeps adding cheap.
    if (this.#entries.length > this.#capacity) this.#entries = this.#entries.slice(Math.ceil(this.#capacity / 10));
    return dated;
  }

  retract(entry: Dated<Facts>): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  /** Copies, so that what a test holds does not change under it. */
  snapshot(): readonly Dated<Facts>[] {
    return this.#entries.map((entry) => ({ ...entry }));
  }
}

/** Requests that the sandbox received since its start, answered or not. */
export interface CallCounts {
  readonly accessToken: number;
  /** SIGN and NONCE together. */
  readonly apiTicket: number;
  readonly signTicket: number;
  readonly nonceTicket: number;
  readonly result: number;
  readonly recognition: number;
  /** Unknown paths, and methods that a path does not know. */
  readonly unknown: number;
  /** How often each code was answered, e.g. `codes.getBankCardOcrResult['0']`. */
  readonly codes: Readonly<Record<EndpointName, Readonly<Record<string, number>>>>;
}

/** Counts requests as they arrive and codes as they are decided. */
export class CallCounter {
  #accessToken = 0;
  #signTicket = 0;
  #nonceTicket = 0;
  #otherTicket = 0;
  #result = 0;
  #recognition = 0;
  #unknown = 0;
  readonly #codes: Record<EndpointName, Record<string, number>> = {
    access_token: {},
    api_ticket: {},
    getBankCardOcrResult: {},
    bankcardocrapp: {},
  };

  arrived(endpoint: EndpointName | 'unknown', ticketType?: string): void {
    if (endpoint === 'access_token') this.#accessToken += 1;
    else if (endpoint === 'getBankCardOcrResult') this.#result += 1;
    else if (endpoint === 'bankcardocrapp') this.#recognition += 1;
    else if (endpoint === 'unknown') this.#unknown += 1;
    else if (ticketType === 'SIGN') this.#signTicket += 1;
    else if (ticketType === 'NONCE') this.#nonceTicket += 1;
    else this.#otherTicket += 1;
  }

  decided(endpoint: EndpointName, code: string): void {
    const codes = this.#codes[endpoint];
    codes[code] = (codes[code] ?? 0) + 1;
  }

  snapshot(): CallCounts {
    return {
      accessToken: this.#accessToken,
      apiTicket: this.#signTicket + this.#nonceTicket + this.#otherTicket,
      signTicket: this.#signTicket,
      nonceTicket: this.#nonceTicket,
      result: this.#result,
      recognition: this.#recognition,
      unknown: this.#unknown,
      codes: structuredClone(this.#codes),
    };
  }
}

const GENERATION_SIZE = 100_000;

/** Remembers the last 100 000 nonces at least, in memory only; they never leave this class. */
export class NonceMemory {
  #recent = new Set<string>();
  #older = new Set<string>();

  /** Remember `nonce`; true when it was there already. */
  seenBefore(nonce: string): boolean {
    if (this.#recent.has(nonce) || this.#older.has(nonce)) return true;
    if (this.#recent.size >= GENERATION_SIZE) {
      this.#older = this.#recent;
      this.#recent = new Set();
    }
    this.#recent.add(nonce);
    return false;
  }
}
