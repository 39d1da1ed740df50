import type { CredentialLedger, Issued } from '../credentials/credential-ledger.js';
import { type EndpointName, ENDPOINTS } from '../endpoints/vendor-request.js';
import type { FaultKind } from '../faults/fault-registry.js';
import type { SandboxContext } from '../kyc-sandbox.options.js';

type PartnerEvent = 'change-secret' | 'kill-credentials' | 'foreign-refresh' | 'launch';

/** One request or {@link PartnerEvent}; no secret, token, ticket, signature, nonce, card number or image is in it. */
export interface JournalEntry {
  /** Wall clock of the sandbox when it arrived, ms since the epoch. */
  readonly at: number;
  readonly endpoint: EndpointName | PartnerEvent | 'unknown';
  /** `answered`: handed to the operating system whole; `lost`: the connection ended first, or a fault corrupted it. */
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
  fault?: FaultKind;
}

const RULES = {
  'concurrent-refresh': 'a token or SIGN ticket call arrived while another one was in flight (protocol.md section 5)',
  'refresh-interleaved': 'a token call arrived amid another refresh, before its ticket call (protocol.md section 5)',
  'refresh-too-soon': 'a token call came sooner than `minRefreshIntervalMs` after the previous token',
  'sign-ticket-on-the-side': 'a second SIGN ticket with the same token ends the first (protocol.md section 5)',
  'nonce-reused': 'a nonce was used before; every request needs a fresh one, retries included (protocol.md section 4)',
  'illegal-nonce': 'a nonce is not 32 letters and digits (protocol.md section 2)',
  'illegal-order-no': 'an order number is not 1 to 32 letters and digits (protocol.md section 2)',
  'order-no-reused': 'an image was sent under an order number that has been used (protocol.md section 2)',
  'illegal-user-id': 'a user id is too long or has special characters (protocol.md section 2)',
  'nonce-ticket-too-soon': 'a second NONCE ticket for the same user within two seconds (protocol.md section 5)',
};

/** One violation; carries no secret, token, ticket, signature, nonce or card number. */
export interface ViolationEntry {
  readonly kind: keyof typeof RULES;
  /** Wall clock of the sandbox, ms since the epoch. */
  readonly at: number;
  /** What happened and which rule of protocol.md it breaks. */
  readonly text: string;
}

export class EvidenceLog<Entry extends { readonly at: number }> {
  #entries: Entry[] = [];

  constructor(
    private readonly context: Pick<SandboxContext, 'clock'>,
    private readonly capacity = 50_000,
  ) {}

  /** Add an entry and return it, so that the caller can fill or retract it later. */
  add(facts: Omit<Entry, 'at'>): Entry {
    const entry = { at: this.context.clock.now(), ...facts } as Entry;
    this.#entries.push(entry);
    // Dropping a tenth at a time keeps adding cheap.
    if (this.#entries.length > this.capacity) this.#entries.splice(0, Math.ceil(this.capacity / 10));
    return entry;
  }

  retract(entry: Entry): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  snapshot(): readonly Entry[] {
    return this.#entries.map((entry) => ({ ...entry }));
  }
}

export class ViolationLog extends EvidenceLog<ViolationEntry> {
  report(kind: ViolationEntry['kind'], detail?: string): ViolationEntry {
    return this.add({ kind, text: detail === undefined ? RULES[kind] : `${detail}: ${RULES[kind]}` });
  }
}

/** Requests that the sandbox received since its start, with or without a response. */
export class CallCounts {
  accessToken = 0;
  /** SIGN and NONCE together. */
  apiTicket = 0;
  signTicket = 0;
  nonceTicket = 0;
  result = 0;
  recognition = 0;
  /** Of ID cards and face records. */
  sibling = 0;
  /** Unknown paths, and methods that a path does not know. */
  unknown = 0;
  /** How often each code was the response, e.g. `codes.getBankCardOcrResult['0']`. */
  readonly codes = Object.fromEntries(Object.keys(ENDPOINTS).map((name) => [name, {}])) as Readonly<
    Record<EndpointName, Record<string, number>>
  >;
}

export interface RefreshCall {
  readonly endpoint: 'access_token' | 'api_ticket';
  /** Calls that came while this one was in flight, and were reported as concurrent. */
  readonly suspicions: { entry: ViolationEntry; reportedAt: number }[];
  /** Of an api_ticket call: what it presented, where that was issued. */
  readonly token?: Issued | undefined;
}

/** Real time in ms: a client that tries again may arrive before the end of its old connection does. */
const FAREWELL_MS = 250;

/** Watches the sequence of token and SIGN ticket calls (protocol.md section 5: together and never concurrently). */
export class RefreshWatch {
  readonly #inFlight = new Set<RefreshCall>();
  /** The token that was issued last to a client. */
  latest: Issued | undefined;

  constructor(
    private readonly context: SandboxContext & { readonly ledger: CredentialLedger; readonly violations: ViolationLog },
  ) {}

  arrived(endpoint: RefreshCall['endpoint'], token?: Issued): RefreshCall {
    const { ledger, clock, settings, violations } = this.context;
    const [other] = this.#inFlight;
    const previous = this.latest;
    const call: RefreshCall = { endpoint, suspicions: [], token };
    this.#inFlight.add(call);
    if (token?.ticketFrom) violations.report('sign-ticket-on-the-side', `generation ${token.number}`);
    // Its owner was not killed: the newer token was requested in the middle of its refresh.
    else if (token && !other && token !== previous && ledger.isValid(token))
      violations.report('refresh-interleaved', `generation ${token.number}`);
    if (token) token.ticketFrom = undefined;
    if (other) {
      const entry = violations.report('concurrent-refresh', `${endpoint} during ${other.endpoint}`);
      other.suspicions.push({ entry, reportedAt: performance.now() });
      // Replacing an expired token is no fault of the client, nor is replacing one that it has no ticket from.
    } else if (endpoint === 'access_token' && previous?.ticketFrom && ledger.isValid(previous)) {
      const age = clock.monotonic() - previous.issuedAt;
      if (age < settings.minRefreshIntervalMs) violations.report('refresh-too-soon', `after ${age} ms`);
    }
    return call;
  }

  /** @param code of the response, when it reaches the client whole, and as the vendor wrote it */
  ended(call: RefreshCall, code: string | undefined): void {
    const { token } = call;
    this.#inFlight.delete(call);
    if (token && code === '0') token.ticketFrom = call;
    else if (token?.ticketFrom === call) token.ticketFrom = undefined;
  }

  /** The client has left before it had the whole response. */
  abandoned(call: RefreshCall): void {
    this.ended(call, undefined);
    for (const { entry, reportedAt } of call.suspicions) {
      if (performance.now() - reportedAt <= FAREWELL_MS) this.context.violations.retract(entry);
    }
  }
}
