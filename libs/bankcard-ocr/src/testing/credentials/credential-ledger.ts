import type { Clock } from '../../runtime/clock.js';
import type { KycSandboxSettings } from '../kyc-sandbox.options.js';
import { isSignatureOf } from '../vendor-signature.js';
import { randomLettersAndDigits, randomUrlSafe } from './random-text.js';

/** An access token that was issued. */
export interface IssuedToken {
  /** 1, 2, 3 ... in the order of issue. */
  readonly generation: number;
  readonly value: string;
  /** End of life on the monotonic clock; brought forward when a newer token is issued. */
  diesAt: number;
}

/** A SIGN ticket that was issued. */
interface IssuedTicket {
  readonly number: number;
  readonly value: string;
  readonly token: IssuedToken;
  diesAt: number;
}

/** Which ticket made a signature, and whether it still lives. */
interface SignatureVerdict {
  readonly ticket: IssuedTicket;
  readonly alive: boolean;
}

/** Dead ones are remembered, to tell "expired" from "wrong"; further back nobody asks. */
const REMEMBERED = 100;

/** The vendor's book of access tokens and SIGN tickets: issue, overlap and death (protocol.md section 5). */
export class CredentialLedger {
  readonly #clock: Clock;
  readonly #settings: Readonly<KycSandboxSettings>;
  /** Newest first. */
  readonly #tokens: IssuedToken[] = [];
  readonly #tickets: IssuedTicket[] = [];
  #generation = 0;
  #ticketNumber = 0;

  constructor(clock: Clock, settings: Readonly<KycSandboxSettings>) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** From this moment every earlier token, and with it its tickets, has only the overlap left. */
  issueToken(): IssuedToken {
    const now = this.#clock.monotonic();
    for (const earlier of this.#tokens) earlier.diesAt = Math.min(earlier.diesAt, now + this.#settings.overlapMs);
    this.#generation += 1;
    const token = {
      generation: this.#generation,
      value: randomUrlSafe(90),
      diesAt: now + this.#settings.tokenLifeMs,
    };
    this.#tokens.unshift(token);
    this.#tokens.splice(REMEMBERED);
    return token;
  }

  /** A new SIGN ticket gives every earlier one the overlap, even one from the same token. */
  issueSignTicket(token: IssuedToken): IssuedTicket {
    const now = this.#clock.monotonic();
    for (const earlier of this.#tickets) earlier.diesAt = Math.min(earlier.diesAt, now + this.#settings.overlapMs);
    this.#ticketNumber += 1;
    const ticket = {
      number: this.#ticketNumber,
      value: randomLettersAndDigits(64),
      token,
      diesAt: now + this.#settings.ticketLifeMs,
    };
    this.#tickets.unshift(ticket);
    this.#tickets.splice(REMEMBERED);
    return ticket;
  }

  /** The token with this value, dead or alive, as far as it is remembered. */
  findToken(value: string): IssuedToken | undefined {
    return this.#tokens.find((token) => token.value === value);
  }

  isTokenAlive(token: IssuedToken): boolean {
    return this.#clock.monotonic() < token.diesAt;
  }

  /** A ticket dies with its token at the latest. */
  isTicketAlive(ticket: IssuedTicket): boolean {
    return this.#clock.monotonic() < Math.min(ticket.diesAt, ticket.token.diesAt);
  }

  /** The newest SIGN ticket that lives. */
  currentSignTicket(): IssuedTicket | undefined {
    return this.#tickets.find((ticket) => this.isTicketAlive(ticket));
  }

  /** The ticket that signed `values`, newest first; undefined when none did. */
  whoSigned(sign: string, values: readonly string[]): SignatureVerdict | undefined {
    const ticket = this.#tickets.find(({ value }) => isSignatureOf(sign, [...values, value]));
    return ticket && { ticket, alive: this.isTicketAlive(ticket) };
  }

  /** Everything that was issued dies now (secret changed, or a foreign refresh a minute ago). */
  killAll(): void {
    const now = this.#clock.monotonic();
    for (const issued of [...this.#tokens, ...this.#tickets]) issued.diesAt = Math.min(issued.diesAt, now);
  }
}
