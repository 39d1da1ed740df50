import type { Clock } from '../../runtime/clock.js';
import type { KycSandboxSettings } from '../kyc-sandbox.options.js';
import type { IssuedToken } from './credential-ledger.js';
import { randomLettersAndDigits } from './random-text.js';

/** A NONCE ticket that was issued to one user. */
interface IssuedNonceTicket {
  readonly value: string;
  readonly userId: string;
  readonly token: IssuedToken;
  readonly diesAt: number;
  used: boolean;
}

/** One success per this long for the same app id and user (protocol.md section 5). */
const SPACING_MS = 2_000;

/** Many users launch the phone SDK at once; what is older than this many is forgotten. */
const REMEMBERED = 5_000;

/** The vendor's book of NONCE tickets: 120 s, one use, one user (protocol.md section 5). */
export class NonceTicketRegistry {
  readonly #clock: Clock;
  readonly #settings: Readonly<KycSandboxSettings>;
  readonly #tickets: IssuedNonceTicket[] = [];
  readonly #lastSuccess = new Map<string, number>();

  constructor(clock: Clock, settings: Readonly<KycSandboxSettings>) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** Whether this user got a ticket less than two seconds ago. */
  isTooSoon(userId: string): boolean {
    const last = this.#lastSuccess.get(userId);
    return last !== undefined && this.#clock.monotonic() - last < SPACING_MS;
  }

  issue(userId: string, token: IssuedToken): IssuedNonceTicket {
    const now = this.#clock.monotonic();
    this.#lastSuccess.set(userId, now);
    const ticket = {
      value: randomLettersAndDigits(64),
      userId,
      token,
      diesAt: now + this.#settings.nonceTicketLifeMs,
      used: false,
    };
    this.#tickets.unshift(ticket);
    this.#tickets.splice(REMEMBERED);
    return ticket;
  }

  /** The newest ticket, dead or alive, that `matches`. */
  find(matches: (ticket: IssuedNonceTicket) => boolean): IssuedNonceTicket | undefined {
    return this.#tickets.find(matches);
  }

  isAlive(ticket: IssuedNonceTicket): boolean {
    return !ticket.used && this.#clock.monotonic() < Math.min(ticket.diesAt, ticket.token.diesAt);
  }
}
