import { createHash } from 'node:crypto';
import type { SeededRandom } from '../kernel/seeded-random.js';

/** The vendor's rules, as protocol.md section 5 has them, and what is not documented and can be chosen. */
export interface VendorRules {
  readonly overlapMs: number;
  readonly tokenLifeMs: number;
  readonly ticketLifeMs: number;
  /** The code for a request that is signed with a dead ticket (protocol.md section 7). */
  readonly deadTicketCode: '400102' | '400101' | '15';
}

/** An access token that was given out. */
export interface Token {
  /** Of all tokens, from 1. */
  readonly number: number;
  readonly value: string;
  readonly secret: string;
  readonly by: string;
  readonly issuedAt: number;
  /** By its life, whatever else ends it. */
  readonly expiresAt: number;
  /** From then on it is not accepted. */
  diesAt: number;
  readonly tickets: Ticket[];
}

/** A SIGN ticket that was given out. */
export interface Ticket {
  /** Of all tickets, from 1. */
  readonly number: number;
  readonly value: string;
  readonly token: Token;
  readonly by: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  diesAt: number;
}

/** How the vendor understood a request. */
export type Exchange =
  | { readonly kind: 'token'; readonly code: string; readonly token?: Token }
  | { readonly kind: 'ticket'; readonly code: string; readonly of?: Token; readonly ticket?: Ticket }
  | { readonly kind: 'query'; readonly code: string; readonly signedWith?: Ticket };

/** An answer, and what it means. */
export interface SandboxResponse {
  readonly body: string;
  readonly exchange: Exchange;
}

/** Who issues what another program asked for. */
export const FOREIGN = 'a foreign program';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const MESSAGES: Readonly<Record<string, string>> = { '0': '请求成功' };

/**
 * The vendor's service, written from protocol.md and nothing else. It shares no code with the library's own sandbox: what
 * both had misread in the same way would never be found.
 */
export class Vendor {
  readonly tokens: Token[] = [];
  readonly tickets: Ticket[] = [];
  /** Orders that it knows nothing of, and those that are malformed. */
  secret: string;

  constructor(
    private readonly appId: string,
    secret: string,
    readonly rules: VendorRules,
    private readonly random: SeededRandom,
  ) {
    this.secret = secret;
  }

  /** Carry a request out at a moment. */
  handle(pathAndQuery: string, at: number, by: string): SandboxResponse {
    const url = new URL(pathAndQuery, 'https://vendor.test');
    const query = url.searchParams;
    if (url.pathname === '/api/oauth2/access_token') return this.#accessToken(query, at, by);
    if (url.pathname === '/api/oauth2/api_ticket') return this.#apiTicket(query, at, by);
    if (url.pathname === '/api/server/getBankCardOcrResult') return this.#result(query, at);
    return { body: envelope('400103', at), exchange: { kind: 'query', code: '400103' } };
  }

  isAlive({ diesAt }: Token | Ticket, at: number): boolean {
    return at < diesAt;
  }

  ticketOf(value: string): Ticket | undefined {
    return this.tickets.findLast((ticket) => ticket.value === value);
  }

  tokenOf(value: string): Token | undefined {
    return this.tokens.findLast((token) => token.value === value);
  }

  /** Changing the secret ends everything at once (protocol.md section 5). */
  changeSecret(secret: string, at: number): void {
    this.secret = secret;
    this.endEverything(at);
  }

  /** What lives dies early, for no reason that anybody is told. */
  endEverything(at: number): void {
    for (const token of this.tokens) end(token, at);
    for (const ticket of this.tickets) end(ticket, at);
  }

  /** Another program, which does not share the store, refreshes. */
  foreignRefresh(at: number): void {
    const token = this.#issueToken(at, FOREIGN);
    this.#issueTicket(token, at, FOREIGN);
  }

  #accessToken(query: URLSearchParams, at: number, by: string): SandboxResponse {
    const refused = (code: string): SandboxResponse => ({
      body: envelope(code, at),
      exchange: { kind: 'token', code },
    });
    if (query.get('version') !== '1.0.0') return refused('400502');
    if (appIdIn(query) !== this.appId) return refused('66660001');
    if (query.get('grant_type') !== 'client_credential') return refused('400103');
    if (query.get('secret') !== this.secret) return refused('400105');
    const token = this.#issueToken(at, by);
    const body = envelope('0', at, {
      access_token: token.value,
      expire_in: this.rules.tokenLifeMs / 1_000,
      expire_time: chinaTime(token.expiresAt),
    });
    return { body, exchange: { kind: 'token', code: '0', token } };
  }

  #apiTicket(query: URLSearchParams, at: number, by: string): SandboxResponse {
    const of = this.tokenOf(query.get('access_token') ?? '');
    const refused = (code: string): SandboxResponse => {
      return { body: envelope(code, at), exchange: { kind: 'ticket', code, of } };
    };
    if (query.get('version') !== '1.0.0') return refused('400502');
    if (appIdIn(query) !== this.appId) return refused('66660001');
    if (query.get('type') !== 'SIGN') return refused('400103');
    if (!of || !this.isAlive(of, at)) return refused('15');
    const ticket = this.#issueTicket(of, at, by);
    const tickets = [
      { value: ticket.value, expire_in: this.rules.ticketLifeMs / 1_000, expire_time: chinaTime(ticket.expiresAt) },
    ];
    return { body: envelope('0', at, { tickets }), exchange: { kind: 'ticket', code: '0', of, ticket } };
  }

  #result(query: URLSearchParams, at: number): SandboxResponse {
    const orderNo = query.get('order_no') ?? '';
    const nonce = query.get('nonce') ?? '';
    const values = [this.appId, orderNo, '1.0.0', nonce];
    const sign = (query.get('sign') ?? '').toUpperCase();
    // The newest first: nearly every request is signed with it.
    let signedWith: Ticket | undefined;
    for (let index = this.tickets.length - 1; index >= 0 && !signedWith; index -= 1) {
      const ticket = this.tickets[index]!;
      if (signatureOf([...values, ticket.value]) === sign) signedWith = ticket;
    }
    const refused = (code: string): SandboxResponse => {
      return { body: envelope(code, at), exchange: { kind: 'query', code, signedWith } };
    };
    if (query.get('version') !== '1.0.0') return refused('400502');
    if (appIdIn(query) !== this.appId) return refused('66660001');
    if (orderNo.length > 32) return refused('66660000');
    if (!/^[0-9A-Za-z]{32}$/.test(nonce) || !signedWith || orderNo.startsWith('malformed')) return refused('400101');
    if (!this.isAlive(signedWith, at)) return refused(this.rules.deadTicketCode);
    if (orderNo.startsWith('unknown')) return refused('66660020');
    const bizSeqNo = chinaTime(at).padEnd(32, '0');
    const body = envelope('0', at, {
      bizSeqNo,
      result: {
        bizSeqNo,
        transactionTime: chinaTime(at),
        orderNo,
        bankCardNo: '6222020000000000000',
        bankCardValidDate: '12/2030',
        warnCode: '0',
        multiWarnCode: '0',
        clarity: '79',
        success: false,
      },
    });
    return { body, exchange: { kind: 'query', code: '0', signedWith } };
  }

  /** From the moment of the answer on, the previous tokens and their tickets have one overlap left. */
  #issueToken(at: number, by: string): Token {
    const { overlapMs, tokenLifeMs } = this.rules;
    for (const token of this.tokens) end(token, at + overlapMs);
    for (const ticket of this.tickets) end(ticket, at + overlapMs);
    const expiresAt = at + tokenLifeMs;
    const token: Token = {
      number: this.tokens.length + 1,
      value: this.#letters(90),
      secret: this.secret,
      by,
      issuedAt: at,
      expiresAt,
      diesAt: expiresAt,
      tickets: [],
    };
    this.tokens.push(token);
    return token;
  }

  /** A new SIGN ticket gives the previous one an overlap too, even from the same token; it dies with its token. */
  #issueTicket(token: Token, at: number, by: string): Ticket {
    for (const ticket of this.tickets) end(ticket, at + this.rules.overlapMs);
    const expiresAt = Math.min(at + this.rules.ticketLifeMs, token.expiresAt);
    const ticket: Ticket = {
      number: this.tickets.length + 1,
      value: this.#letters(64),
      token,
      by,
      issuedAt: at,
      expiresAt,
      diesAt: Math.min(expiresAt, token.diesAt),
    };
    token.tickets.push(ticket);
    this.tickets.push(ticket);
    return ticket;
  }

  #letters(count: number): string {
    return Array.from({ length: count }, () => LETTERS[this.random.whole(0, LETTERS.length - 1)]).join('');
  }
}

/** The end of what has ended already does not move. */
function end(one: Token | Ticket, at: number): void {
  one.diesAt = Math.min(one.diesAt, at);
}

/** All documented spellings. */
function appIdIn(query: URLSearchParams): string | null {
  return query.get('app_id') ?? query.get('appId') ?? query.get('webankAppId');
}

/** Protocol.md section 4: the values, sorted by UTF-16 code unit, joined, SHA-1 over UTF-8. */
function signatureOf(values: readonly string[]): string {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return createHash('sha1').update(sorted.join(''), 'utf8').digest('hex').toUpperCase();
}

function envelope(code: string, at: number, content: object = {}): string {
  const msg = MESSAGES[code] ?? `refused with ${code}`;
  return JSON.stringify({ code, msg, transactionTime: chinaTime(at), success: code === '0', ...content });
}

let lastSecond = Number.NaN;
let lastChinaTime = '';

/** The vendor's own clock, which nobody may compare with. */
function chinaTime(at: number): string {
  const second = Math.floor(at / 1_000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastChinaTime = new Date(Date.UTC(2026, 0, 1, 8) + at).toISOString().replace(/[-T:]/g, '').slice(0, 14);
  }
  return lastChinaTime;
}
