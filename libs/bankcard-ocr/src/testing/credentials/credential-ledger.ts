import { randomBytes } from 'node:crypto';
import type { SandboxContext } from '../kyc-sandbox.options.js';
import { isSignatureOf } from '../vendor-signature.js';

/** An access token that was issued, and what became of it; times are on the monotonic clock. */
export interface IssuedToken {
  readonly generation: number;
  readonly value: string;
  readonly issuedAt: number;
  /** Brought forward when a newer token is issued. */
  expiresAt: number;
  /** The call that brought its SIGN ticket; `doubtful`: rewritten by a fault, perhaps of no use to the client. */
  ticket?: { readonly from: object; readonly doubtful: boolean } | undefined;
  /** Another token was requested before it had a ticket: the owner was killed, unless its ticket call comes yet. */
  abandoned?: boolean;
}

interface IssuedTicket {
  readonly number?: number;
  readonly value: string;
  readonly token: IssuedToken;
  readonly userId?: string;
  readonly issuedAt: number;
  expiresAt: number;
  used?: boolean;
}

/** Expired tokens and SIGN tickets are remembered, to distinguish "expired" from "wrong". */
const REMEMBERED = 100;
const NONCE_TICKETS_REMEMBERED = 5_000;
/** One NONCE ticket per this long for the same app id and user (protocol.md section 5). */
const NONCE_TICKET_SPACING_MS = 2_000;

/** The tokens and tickets that the vendor has issued: lifetimes, overlap and expiry (protocol.md section 5). */
export class CredentialLedger {
  readonly #tokens: IssuedToken[] = [];
  readonly #signTickets: IssuedTicket[] = [];
  readonly #nonceTickets: IssuedTicket[] = [];
  #generation = 0;
  #ticketNumber = 0;

  constructor(private readonly context: SandboxContext) {}

  /** Issue a token: every earlier one, and with it its tickets, has only the overlap left. */
  issueToken(): IssuedToken {
    const { overlapMs, tokenLifeMs } = this.context.settings;
    expireWithin(this.#tokens, this.#now + overlapMs);
    const value = randomBytes(68).toString('base64url').slice(0, 90);
    const generation = (this.#generation += 1);
    const token = { generation, value, issuedAt: this.#now, expiresAt: this.#now + tokenLifeMs };
    return remember(this.#tokens, token, REMEMBERED);
  }

  /** Issue a SIGN ticket: every earlier one, even from the same token, has only the overlap left. */
  issueSignTicket(token: IssuedToken): IssuedTicket {
    const { overlapMs, ticketLifeMs } = this.context.settings;
    expireWithin(this.#signTickets, this.#now + overlapMs);
    return remember(this.#signTickets, this.#ticket(token, ticketLifeMs, (this.#ticketNumber += 1)), REMEMBERED);
  }

  issueNonceTicket(userId: string, token: IssuedToken): IssuedTicket {
    const ticket = { ...this.#ticket(token, this.context.settings.nonceTicketLifeMs), userId };
    return remember(this.#nonceTickets, ticket, NONCE_TICKETS_REMEMBERED);
  }

  #ticket(token: IssuedToken, lifeMs: number, number?: number): IssuedTicket {
    return { number, value: randomLettersAndDigits(), token, issuedAt: this.#now, expiresAt: this.#now + lifeMs };
  }

  isNonceTicketTooSoon(userId: string): boolean {
    const latest = this.#nonceTickets.find((ticket) => ticket.userId === userId);
    return latest !== undefined && this.#now - latest.issuedAt < NONCE_TICKET_SPACING_MS;
  }

  findToken(value: string): IssuedToken | undefined {
    return this.#tokens.find((token) => token.value === value);
  }

  isValid(issued: IssuedToken | IssuedTicket): boolean {
    if (this.#now >= issued.expiresAt) return false;
    return !('token' in issued) || (this.#now < issued.token.expiresAt && !issued.used);
  }

  currentSignTicket(): IssuedTicket | undefined {
    return this.#signTickets.find((ticket) => this.isValid(ticket));
  }

  /** The ticket, expired or not, that signed `values`. */
  findSigner(type: 'SIGN' | 'NONCE', sign: string, values: readonly string[]): IssuedTicket | undefined {
    const tickets = type === 'SIGN' ? this.#signTickets : this.#nonceTickets;
    return tickets.find(({ value }) => isSignatureOf(sign, [...values, value]));
  }

  /** Everything that was issued expires now (secret changed, or a foreign refresh a minute ago). */
  expireAll(): void {
    expireWithin([...this.#tokens, ...this.#signTickets], this.#now);
  }

  get #now(): number {
    return this.context.clock.monotonic();
  }
}

function expireWithin(all: readonly { expiresAt: number }[], end: number): void {
  for (const issued of all) issued.expiresAt = Math.min(issued.expiresAt, end);
}

function remember<Issued>(list: Issued[], issued: Issued, atMost: number): Issued {
  list.unshift(issued);
  list.splice(atMost);
  return issued;
}

/** 64 of them: of the 128 characters that are made, one in 32 is neither. */
export function randomLettersAndDigits(): string {
  return randomBytes(96).toString('base64').replaceAll(/\W/g, '').slice(0, 64);
}
