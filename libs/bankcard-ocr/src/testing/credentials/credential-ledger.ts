import { randomBytes } from 'node:crypto';
import type { SandboxContext } from '../kyc-sandbox.options.js';
import { isSignatureOf } from '../vendor-signature.js';

/** An access token or a ticket that was issued, and what became of it; times are on the monotonic clock. */
export interface Issued {
  /** The generation of a token. */
  readonly number: number;
  readonly value: string;
  /** Of a ticket: the token that fetched it. */
  readonly token?: Issued;
  /** Of a NONCE ticket. */
  readonly userId?: string;
  readonly issuedAt: number;
  /** Brought forward when a newer one is issued. */
  expiresAt: number;
  /** Of a NONCE ticket: it has signed a launch. */
  used?: boolean;
  /** Of a token: the call that brought its SIGN ticket. */
  ticketFrom?: object | undefined;
}

/** Expired ones are remembered, to distinguish "expired" from "wrong". */
const REMEMBERED = 5_000;
/** One NONCE ticket per this long for the same app id and user (protocol.md section 5). */
const NONCE_TICKET_SPACING_MS = 2_000;
const LIFETIMES = { token: 'tokenLifeMs', SIGN: 'ticketLifeMs', NONCE: 'nonceTicketLifeMs' } as const;

/** The tokens and tickets that the vendor has issued: lifetimes, overlap and expiry (protocol.md section 5). */
export class CredentialLedger {
  /** The newest first. */
  readonly #issued = { token: [] as Issued[], SIGN: [] as Issued[], NONCE: [] as Issued[] };

  constructor(private readonly context: SandboxContext) {}

  /** Of every earlier token, and with it its tickets, only the overlap is left; the same of SIGN tickets. */
  issue(type: keyof typeof LIFETIMES, of: Pick<Issued, 'token' | 'userId'> = {}): Issued {
    const { settings } = this.context;
    const all = this.#issued[type];
    if (type !== 'NONCE') expireWithin(all, this.#now + settings.overlapMs);
    const number = (all[0]?.number ?? 0) + 1;
    const value = type === 'token' ? randomBytes(68).toString('base64url').slice(0, 90) : randomLettersAndDigits();
    const issued = { ...of, number, value, issuedAt: this.#now, expiresAt: this.#now + settings[LIFETIMES[type]] };
    all.unshift(issued);
    all.splice(REMEMBERED);
    return issued;
  }

  isNonceTicketTooSoon(userId: string): boolean {
    const latest = this.#issued.NONCE.find((ticket) => ticket.userId === userId);
    return latest !== undefined && this.#now - latest.issuedAt < NONCE_TICKET_SPACING_MS;
  }

  findToken(value: string): Issued | undefined {
    return this.#issued.token.find((token) => token.value === value);
  }

  isValid({ expiresAt, token, used }: Issued): boolean {
    return this.#now < Math.min(expiresAt, token?.expiresAt ?? Infinity) && !used;
  }

  currentSignTicket(): Issued | undefined {
    return this.#issued.SIGN.find((ticket) => this.isValid(ticket));
  }

  /** The ticket, expired or not, that signed `values`. */
  findSigner(type: 'SIGN' | 'NONCE', sign: string, values: readonly string[]): Issued | undefined {
    return this.#issued[type].find(({ value }) => isSignatureOf(sign, [...values, value]));
  }

  /** Everything that was issued expires now (secret changed, or a foreign refresh a minute ago). */
  expireAll(): void {
    expireWithin([...this.#issued.token, ...this.#issued.SIGN], this.#now);
  }

  get #now(): number {
    return this.context.clock.monotonic();
  }
}

function expireWithin(all: readonly { expiresAt: number }[], end: number): void {
  for (const issued of all) issued.expiresAt = Math.min(issued.expiresAt, end);
}

/** 64 of them: of the 128 characters that are made, one in 32 is neither. */
export function randomLettersAndDigits(): string {
  return randomBytes(96).toString('base64').replaceAll(/\W/g, '').slice(0, 64);
}
