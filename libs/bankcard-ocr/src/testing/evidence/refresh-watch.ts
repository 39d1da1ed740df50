import type { Clock } from '../../runtime/clock.js';
import type { CredentialLedger, IssuedToken } from '../credentials/credential-ledger.js';
import type { KycSandboxSettings } from '../kyc-sandbox.options.js';
import type { EvidenceLog, ViolationEntry, RecoveryEntry, RecoveryReason } from './evidence.js';

/** A newcomer that was taken for the second of two concurrent calls. */
interface Suspicion {
  readonly newcomer: RefreshExchange;
  readonly entry: ViolationEntry;
  /** Real time, as on `performance.now()`. */
  readonly reportedAt: number;
}

/** A token or SIGN ticket call on its way through the sandbox. */
export interface RefreshExchange {
  readonly call: 'access_token' | 'api_ticket';
  /** Misuse that was reported because this exchange was still in flight when another call came. */
  readonly suspicions: Suspicion[];
  token?: IssuedToken;
}

/** What became of a token that went out on the wire. */
interface TokenHistory {
  readonly token: IssuedToken;
  readonly issuedAt: number;
  lost: boolean;
  /** `doubtful`: answered, but rewritten by a fault, so that nobody knows whether its owner could use it. */
  ticket: 'never-fetched' | 'failed' | 'doubtful' | 'answered';
  /** The call whose answer brought the ticket. */
  ticketFrom?: RefreshExchange;
  /** The token call that was taken for a recovery from this token. */
  recovery?: RecoveryEntry;
}

/**
 * A client that gave up and asks again may arrive before the end of its old connection does. Misuse found within this
 * many ms (real time) before that end is taken back.
 */
const FAREWELL_MS = 250;

const REMEMBERED = 50;

/** Watches the order of token and SIGN ticket calls (protocol.md section 5: together and never concurrently). */
export class RefreshWatch {
  readonly #clock: Clock;
  readonly #settings: Readonly<KycSandboxSettings>;
  readonly #ledger: CredentialLedger;
  readonly #misuse: EvidenceLog<Omit<ViolationEntry, 'at'>>;
  readonly #recoveries: EvidenceLog<Omit<RecoveryEntry, 'at'>>;
  readonly #inFlight = new Set<RefreshExchange>();
  /** Newest first. */
  readonly #histories: TokenHistory[] = [];

  constructor(
    clock: Clock,
    settings: Readonly<KycSandboxSettings>,
    ledger: CredentialLedger,
    misuse: EvidenceLog<Omit<ViolationEntry, 'at'>>,
    recoveries: EvidenceLog<Omit<RecoveryEntry, 'at'>>,
  ) {
    this.#clock = clock;
    this.#settings = settings;
    this.#ledger = ledger;
    this.#misuse = misuse;
    this.#recoveries = recoveries;
  }

  tokenCallArrived(): RefreshExchange {
    if (this.#inFlight.size === 0) this.#judgeTokenCall();
    return this.#enter({ call: 'access_token', suspicions: [] });
  }

  signTicketCallArrived(token: IssuedToken | undefined): RefreshExchange {
    const history = this.#histories.find((candidate) => candidate.token === token);
    if (history) this.#judgeTicketCall(history);
    return this.#enter({ call: 'api_ticket', suspicions: [], token });
  }

  tokenIssued(exchange: RefreshExchange, token: IssuedToken): void {
    exchange.token = token;
    const issuedAt = this.#clock.monotonic();
    this.#histories.unshift({ token, issuedAt, lost: false, ticket: 'never-fetched' });
    this.#histories.splice(REMEMBERED);
  }

  /** The sandbox has answered, or the connection is gone: the exchange is no longer in flight. */
  left(exchange: RefreshExchange): void {
    this.#inFlight.delete(exchange);
  }

  /** The answer is on its way to the client, whole; `doubtful` when a fault rewrote it. */
  answered(exchange: RefreshExchange, code: string, doubtful: boolean): void {
    this.left(exchange);
    const history = this.#historyOf(exchange);
    if (!history || exchange.call !== 'api_ticket' || code !== '0') return;
    history.ticket = doubtful ? 'doubtful' : 'answered';
    history.ticketFrom = exchange;
  }

  /** The answer, if there was one, did not reach the client whole. */
  lost(exchange: RefreshExchange, byClient: boolean): void {
    this.left(exchange);
    const history = this.#historyOf(exchange);
    if (history && exchange.call === 'access_token') history.lost = true;
    if (history?.ticketFrom === exchange) history.ticket = 'failed';
    if (!byClient) return;
    for (const { newcomer, entry, reportedAt } of exchange.suspicions) {
      if (performance.now() - reportedAt > FAREWELL_MS) continue;
      this.#misuse.retract(entry);
      if (!history || newcomer.call !== 'access_token') continue;
      this.#recover(history, history.lost ? 'answer-lost' : 'ticket-call-failed');
    }
  }

  #historyOf(exchange: RefreshExchange): TokenHistory | undefined {
    return this.#histories.find(({ token }) => token === exchange.token);
  }

  #enter(exchange: RefreshExchange): RefreshExchange {
    const [other] = this.#inFlight;
    if (other) {
      const text = `An ${exchange.call} call arrived while an ${other.call} call was in flight (protocol.md section 5: never concurrently).`;
      const entry = this.#misuse.add({ kind: 'concurrent-refresh', text });
      other.suspicions.push({ newcomer: exchange, entry, reportedAt: performance.now() });
    }
    this.#inFlight.add(exchange);
    return exchange;
  }

  #judgeTokenCall(): void {
    const previous = this.#histories[0];
    // Nobody can be blamed for replacing a token that is dead.
    if (!previous || previous.ticket === 'doubtful' || !this.#ledger.isTokenAlive(previous.token)) return;
    if (previous.lost) return this.#recover(previous, 'answer-lost');
    if (previous.ticket === 'never-fetched') return this.#recover(previous, 'ticket-never-fetched');
    if (previous.ticket === 'failed') return this.#recover(previous, 'ticket-call-failed');
    const age = this.#clock.monotonic() - previous.issuedAt;
    if (age >= this.#settings.minRefreshIntervalMs) return;
    const text = `A token call came ${age} ms after the previous token; the least interval is ${this.#settings.minRefreshIntervalMs} ms.`;
    this.#misuse.add({ kind: 'refresh-too-soon', text });
  }

  #judgeTicketCall(history: TokenHistory): void {
    const { generation } = history.token;
    if (history.recovery) {
      // Its owner was alive after all: what looked like a recovery was a second refresh in the middle of the first.
      this.#recoveries.retract(history.recovery);
      history.recovery = undefined;
      const text = `A token call arrived between the token call of generation ${generation} and its ticket call (protocol.md section 5).`;
      this.#misuse.add({ kind: 'refresh-interleaved', text });
    } else if (history.ticket === 'answered') {
      const text = `A second SIGN ticket was fetched with the token of generation ${generation}: it kills the first (protocol.md section 5).`;
      this.#misuse.add({ kind: 'sign-ticket-on-the-side', text });
    }
    history.ticket = 'failed';
  }

  #recover(history: TokenHistory, reason: RecoveryReason): void {
    if (history.recovery) this.#recoveries.retract(history.recovery);
    history.recovery = this.#recoveries.add({ reason, lostGeneration: history.token.generation });
  }
}
