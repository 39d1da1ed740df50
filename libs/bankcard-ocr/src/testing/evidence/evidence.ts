import type { Clock } from '../../runtime/clock.js';
import type { CredentialLedger, IssuedToken } from '../credentials/credential-ledger.js';
import type { EndpointName } from '../endpoints/vendor-request.js';
import type { FaultKind } from '../faults/fault-registry.js';
import type { SandboxContext } from '../kyc-sandbox.options.js';

/** Something that happened to the partner without a request. */
type PartnerEvent = 'change-secret' | 'kill-credentials' | 'foreign-refresh' | 'launch';

/**
 * One request, or one {@link PartnerEvent}; no secret, token, ticket, signature, nonce, card number or image is in it.
 */
export interface JournalEntry {
  /** Wall clock of the sandbox when it arrived, ms since the epoch. */
  readonly at: number;
  readonly endpoint: EndpointName | PartnerEvent | 'unknown';
  /**
   * `pending`: no response yet. `answered`: the response was handed to the operating system whole. `lost`: the
   * connection ended first, or a fault corrupted the response.
   */
  outcome: 'pending' | 'answered' | 'lost';
  /** The code of the response, also when it was lost; absent when there was no regular response. */
  code?: string;
  /** Of a query or a recognition whose order number is well-formed. */
  orderNo?: string;
  /** Of a query: whether it asked for photos with `get_file=1`. */
  photos?: boolean;
  /** Of an api_ticket call. */
  ticketType?: 'SIGN' | 'NONCE';
  /** Generation of the token that was issued, presented, or behind the ticket that signed. */
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
 * - `sign-ticket-on-the-side`: a second SIGN ticket from a token that had given one already (it ends the first).
 * - `nonce-reused`: a nonce was seen before; every request wants a fresh one, retries included.
 * - `illegal-nonce`: not 32 letters and digits.
 * - `illegal-order-no`: longer than 32, or not letters and digits only.
 * - `order-no-reused`: an image was sent for recognition under an order number that has been used.
 * - `illegal-user-id`: longer than 32, or not letters and digits only.
 * - `nonce-ticket-too-soon`: a second NONCE ticket for the same user within two seconds.
 */
type ViolationKind =
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

/** One violation; carries no secret, token, ticket, signature, nonce or card number. */
export interface ViolationEntry {
  readonly kind: ViolationKind;
  /** Wall clock of the sandbox, ms since the epoch. */
  readonly at: number;
  /** What happened and which rule of protocol.md it breaks. */
  readonly text: string;
}

/** Why a token call is a recovery and no violation. */
type RecoveryReason =
  /** The response with the previous token was destroyed, cut or corrupted, or the client left before it was written. */
  | 'answer-lost'
  /** The previous token was delivered, but no call ever fetched its ticket: its owner was probably killed. */
  | 'ticket-never-fetched'
  /** The previous token was delivered, but no ticket call with it succeeded. A running owner would retry the ticket. */
  | 'ticket-call-failed';

/** A token call that follows a token that no client could use. */
export interface RecoveryEntry {
  readonly reason: RecoveryReason;
  /** Wall clock of the sandbox, ms since the epoch. */
  readonly at: number;
  /** Generation of the token that was lost. */
  readonly lostGeneration: number;
}

/** A list of dated entries; the oldest go when there are too many. */
export class EvidenceLog<Entry extends { readonly at: number }> {
  readonly #clock: Clock;
  readonly #capacity: number;
  #entries: Entry[] = [];

  constructor(clock: Clock, capacity = 50_000) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** Add an entry and return it, so that the caller can fill or retract it later. */
  add(facts: Omit<Entry, 'at'>): Entry {
    const entry = { at: this.#clock.now(), ...facts } as Entry;
    this.#entries.push(entry);
    // Dropping a tenth at a time keeps adding cheap.
    if (this.#entries.length > this.#capacity) this.#entries = this.#entries.slice(Math.ceil(this.#capacity / 10));
    return entry;
  }

  retract(entry: Entry): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  /** Copies, so that what a test keeps does not change under it. */
  snapshot(): readonly Entry[] {
    return this.#entries.map((entry) => ({ ...entry }));
  }
}

/** Requests that the sandbox received since its start, with or without a response. */
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
  /** How often each code was the response, e.g. `codes.getBankCardOcrResult['0']`. */
  readonly codes: Readonly<Record<EndpointName, Readonly<Record<string, number>>>>;
}

/** Counts requests as they arrive, and codes as they are decided. */
export class CallCounter {
  readonly #arrived: Record<string, number> = {};
  readonly #codes: Record<EndpointName, Record<string, number>> = {
    access_token: {},
    api_ticket: {},
    getBankCardOcrResult: {},
    bankcardocrapp: {},
  };

  arrived(endpoint: EndpointName | 'unknown', ticketType?: string): void {
    for (const key of ticketType === undefined ? [endpoint] : [endpoint, ticketType]) {
      this.#arrived[key] = (this.#arrived[key] ?? 0) + 1;
    }
  }

  decided(endpoint: EndpointName, code: string): void {
    const codes = this.#codes[endpoint];
    codes[code] = (codes[code] ?? 0) + 1;
  }

  snapshot(): CallCounts {
    const count = (key: string): number => this.#arrived[key] ?? 0;
    return {
      accessToken: count('access_token'),
      apiTicket: count('api_ticket'),
      signTicket: count('SIGN'),
      nonceTicket: count('NONCE'),
      result: count('getBankCardOcrResult'),
      recognition: count('bankcardocrapp'),
      unknown: count('unknown'),
      codes: structuredClone(this.#codes),
    };
  }
}

const NONCES_PER_SET = 100_000;

/** Remembers the last 100 000 nonces at least, in memory only; they never leave this class. */
export class NonceMemory {
  #recent = new Set<string>();
  #older = new Set<string>();

  /** Remember `nonce`; true when it was there already. */
  seenBefore(nonce: string): boolean {
    if (this.#recent.has(nonce) || this.#older.has(nonce)) return true;
    if (this.#recent.size >= NONCES_PER_SET) {
      this.#older = this.#recent;
      this.#recent = new Set();
    }
    this.#recent.add(nonce);
    return false;
  }
}

/** A token or SIGN ticket call on its way through the sandbox. */
export interface RefreshCall {
  readonly endpoint: 'access_token' | 'api_ticket';
  /** Calls that came while this one was in flight, and were reported as concurrent. */
  readonly suspicions: {
    readonly newcomer: RefreshCall;
    readonly entry: ViolationEntry;
    readonly reportedAt: number;
  }[];
  token?: IssuedToken;
}

/** What became of a token that went out on the wire. */
interface TokenHistory {
  readonly token: IssuedToken;
  readonly issuedAt: number;
  lost: boolean;
  /** `doubtful`: delivered, but rewritten by a fault, so that it is unknown whether its owner could use it. */
  ticket: 'never-fetched' | 'failed' | 'doubtful' | 'delivered';
  /** The call whose response brought the ticket. */
  ticketFrom?: RefreshCall;
  /** The token call that was taken for a recovery from this token. */
  recovery?: RecoveryEntry;
}

/** What {@link RefreshWatch} reads and writes: the vendor. */
interface RefreshWatchContext extends SandboxContext {
  readonly ledger: CredentialLedger;
  readonly violations: EvidenceLog<ViolationEntry>;
  readonly recoveries: EvidenceLog<RecoveryEntry>;
}

/**
 * A client that gave up and tries again may arrive before the end of its old connection does. Violations reported
 * within this many ms (real time) before that end are taken back.
 */
const FAREWELL_MS = 250;

const HISTORIES_REMEMBERED = 50;

/** Watches the sequence of token and SIGN ticket calls (protocol.md section 5: together and never concurrently). */
export class RefreshWatch {
  readonly #context: RefreshWatchContext;
  readonly #inFlight = new Set<RefreshCall>();
  /** Newest first. */
  readonly #histories: TokenHistory[] = [];

  constructor(context: RefreshWatchContext) {
    this.#context = context;
  }

  tokenCallArrived(): RefreshCall {
    if (this.#inFlight.size === 0) this.#inspectTokenCall();
    return this.#enter({ endpoint: 'access_token', suspicions: [] });
  }

  signTicketCallArrived(token: IssuedToken | undefined): RefreshCall {
    const history = this.#histories.find((candidate) => candidate.token === token);
    if (history) this.#inspectTicketCall(history);
    return this.#enter({ endpoint: 'api_ticket', suspicions: [], token });
  }

  tokenIssued(call: RefreshCall, token: IssuedToken): void {
    call.token = token;
    const issuedAt = this.#context.clock.monotonic();
    this.#histories.unshift({ token, issuedAt, lost: false, ticket: 'never-fetched' });
    this.#histories.splice(HISTORIES_REMEMBERED);
  }

  /** The response is on its way to the client, whole; `doubtful` when a fault rewrote it. */
  delivered(call: RefreshCall, code: string, doubtful: boolean): void {
    this.#inFlight.delete(call);
    const history = this.#historyOf(call);
    if (!history || call.endpoint !== 'api_ticket' || code !== '0') return;
    history.ticket = doubtful ? 'doubtful' : 'delivered';
    history.ticketFrom = call;
  }

  /** The response, if there was one, did not reach the client whole. */
  lost(call: RefreshCall, byClient: boolean): void {
    this.#inFlight.delete(call);
    const history = this.#historyOf(call);
    if (history && call.endpoint === 'access_token') history.lost = true;
    if (history?.ticketFrom === call) history.ticket = 'failed';
    if (!byClient) return;
    for (const { newcomer, entry, reportedAt } of call.suspicions) {
      if (performance.now() - reportedAt > FAREWELL_MS) continue;
      this.#context.violations.retract(entry);
      if (!history || newcomer.endpoint !== 'access_token') continue;
      this.#recover(history, history.lost ? 'answer-lost' : 'ticket-call-failed');
    }
  }

  #historyOf(call: RefreshCall): TokenHistory | undefined {
    return this.#histories.find(({ token }) => token === call.token);
  }

  #enter(call: RefreshCall): RefreshCall {
    const [other] = this.#inFlight;
    if (other) {
      const text = `An ${call.endpoint} call arrived while an ${other.endpoint} call was in flight (protocol.md section 5: never concurrently).`;
      const entry = this.#context.violations.add({ kind: 'concurrent-refresh', text });
      other.suspicions.push({ newcomer: call, entry, reportedAt: performance.now() });
    }
    this.#inFlight.add(call);
    return call;
  }

  #inspectTokenCall(): void {
    const { ledger, clock, settings, violations } = this.#context;
    const previous = this.#histories[0];
    // Replacing an expired token is no fault of the client.
    if (!previous || previous.ticket === 'doubtful' || !ledger.isValid(previous.token)) return;
    if (previous.lost) return this.#recover(previous, 'answer-lost');
    if (previous.ticket === 'never-fetched') return this.#recover(previous, 'ticket-never-fetched');
    if (previous.ticket === 'failed') return this.#recover(previous, 'ticket-call-failed');
    const age = clock.monotonic() - previous.issuedAt;
    if (age >= settings.minRefreshIntervalMs) return;
    const text = `A token call came ${age} ms after the previous token; the least interval is ${settings.minRefreshIntervalMs} ms.`;
    violations.add({ kind: 'refresh-too-soon', text });
  }

  #inspectTicketCall(history: TokenHistory): void {
    const { generation } = history.token;
    if (history.recovery) {
      // Its owner was running after all: what looked like a recovery was a second refresh in the middle of the first.
      this.#context.recoveries.retract(history.recovery);
      history.recovery = undefined;
      const text = `A token call arrived between the token call of generation ${generation} and its ticket call (protocol.md section 5).`;
      this.#context.violations.add({ kind: 'refresh-interleaved', text });
    } else if (history.ticket === 'delivered') {
      const text = `A second SIGN ticket was fetched with the token of generation ${generation}: it ends the first (protocol.md section 5).`;
      this.#context.violations.add({ kind: 'sign-ticket-on-the-side', text });
    }
    history.ticket = 'failed';
  }

  #recover(history: TokenHistory, reason: RecoveryReason): void {
    if (history.recovery) this.#context.recoveries.retract(history.recovery);
    history.recovery = this.#context.recoveries.add({ reason, lostGeneration: history.token.generation });
  }
}
