import { randomBytes } from 'node:crypto';
import type { SandboxContext } from '../kyc-sandbox.options.js';
import { isSignatureOf } from '../vendor-signature.js';

/** An access token that was issued; all expiries are on the monotonic clock. */
export interface IssuedToken {
  /** 1, 2, 3 ... in the order of issue. */
  readonly generation: number;
  readonly value: string;
  /** Brought forward when a newer token is issued. */
  expiresAt: number;
}

interface SignTicket {
  readonly number: number;
  readonly value: string;
  readonly token: IssuedToken;
  expiresAt: number;
}

interface NonceTicket {
  readonly value: string;
  readonly userId: string;
  readonly token: IssuedToken;
  readonly expiresAt: number;
  used: boolean;
}

/** Expired tokens and SIGN tickets are remembered, to tell "expired" from "wrong". */
const REMEMBERED = 100;
/** Many users launch the phone SDK at once. */
const NONCE_TICKETS_REMEMBERED = 5_000;
/** One NONCE ticket per this long for the same app id and user (protocol.md section 5). */
const NONCE_TICKET_SPACING_MS = 2_000;

/** The tokens and tickets that the vendor has issued: lifetimes, overlap and expiry (protocol.md section 5). */
export class CredentialLedger {
  /** These lists have the newest first. */
  readonly #tokens: IssuedToken[] = [];
  readonly #signTickets: SignTicket[] = [];
  readonly #nonceTickets: NonceTicket[] = [];
  readonly #nonceTicketIssuedAt = new Map<string, number>();
  #generation = 0;
  #ticketNumber = 0;

  constructor(private readonly context: SandboxContext) {}

  /** Issue a token: every earlier one, and with it its tickets, has only the overlap left. */
  issueToken(): IssuedToken {
    const { overlapMs, tokenLifeMs } = this.context.settings;
    expireWithin(this.#tokens, this.#now + overlapMs);
    const value = randomText(`${LETTERS_AND_DIGITS}_-`, 90);
    const token = { generation: (this.#generation += 1), value, expiresAt: this.#now + tokenLifeMs };
    return remember(this.#tokens, token, REMEMBERED);
  }

  /** Issue a SIGN ticket: every earlier one, even from the same token, has only the overlap left. */
  issueSignTicket(token: IssuedToken): SignTicket {
    const { overlapMs, ticketLifeMs } = this.context.settings;
    expireWithin(this.#signTickets, this.#now + overlapMs);
    const number = (this.#ticketNumber += 1);
    const ticket = { number, value: randomLettersAndDigits(), token, expiresAt: this.#now + ticketLifeMs };
    return remember(this.#signTickets, ticket, REMEMBERED);
  }

  /** Issue a NONCE ticket: for one user and one use. */
  issueNonceTicket(userId: string, token: IssuedToken): NonceTicket {
    this.#nonceTicketIssuedAt.set(userId, this.#now);
    const expiresAt = this.#now + this.context.settings.nonceTicketLifeMs;
    const ticket = { value: randomLettersAndDigits(), userId, token, expiresAt, used: false };
    return remember(this.#nonceTickets, ticket, NONCE_TICKETS_REMEMBERED);
  }

  /** Whether this user got a NONCE ticket less than two seconds ago. */
  isNonceTicketTooSoon(userId: string): boolean {
    return this.#now - (this.#nonceTicketIssuedAt.get(userId) ?? -Infinity) < NONCE_TICKET_SPACING_MS;
  }

  /** The token with this value, expired or not, as far as it is remembered. */
  findToken(value: string): IssuedToken | undefined {
    return this.#tokens.find((token) => token.value === value);
  }

  /** Whether a token or ticket works: a ticket expires with its token at the latest. */
  isValid(issued: IssuedToken | SignTicket | NonceTicket): boolean {
    const expiresAt = Math.min(issued.expiresAt, 'token' in issued ? issued.token.expiresAt : Infinity);
    return this.#now < expiresAt && !('used' in issued && issued.used);
  }

  /** The newest SIGN ticket that is valid. */
  currentSignTicket(): SignTicket | undefined {
    return this.#signTickets.find((ticket) => this.isValid(ticket));
  }

  /** The SIGN ticket, expired or not, that signed `values`. */
  findSigner(sign: string, values: readonly string[]): SignTicket | undefined {
    return this.#signTickets.find(({ value }) => isSignatureOf(sign, [...values, value]));
  }

  /** The NONCE ticket, expired or not, that signed `values`. */
  findNonceSigner(sign: string, values: readonly string[]): NonceTicket | undefined {
    return this.#nonceTickets.find(({ value }) => isSignatureOf(sign, [...values, value]));
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

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The shape of tickets and secrets (protocol.md section 3). */
export function randomLettersAndDigits(): string {
  return randomText(LETTERS_AND_DIGITS, 64);
}

/** A slight bias towards the first letters does not matter here: these protect nothing. */
function randomText(alphabet: string, length: number): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}
