import type { Clock } from '../../runtime/clock.js';
import { CredentialLedger } from '../credentials/credential-ledger.js';
import { CallCounts, EvidenceLog, type JournalEntry, RefreshWatch, ViolationLog } from '../evidence/evidence.js';
import { FaultRegistry } from '../faults/fault-registry.js';
import type { KycSandboxSettings, SandboxContext } from '../kyc-sandbox.options.js';
import { OrderBook } from '../orders/order-book.js';
import { chinaDigits, type JsonObject, type Refusal, type SandboxResponse } from '../response/vendor-response.js';
import { messageOfCode } from '../vendor-codes.js';

export class Vendor implements SandboxContext {
  readonly ledger = new CredentialLedger(this);
  readonly journal = new EvidenceLog<JournalEntry>(this);
  readonly violations = new ViolationLog(this);
  readonly refreshWatch = new RefreshWatch(this);
  readonly faults = new FaultRegistry();
  readonly calls = new CallCounts();
  readonly nonces = new Set<string>();
  /** By order number; times are on the monotonic clock. */
  readonly photosRequestedAt = new Map<string, number>();
  readonly orders: OrderBook;
  rejected = 0;
  /** Those above the limit do not count. */
  ocrInFlight = 0;
  #responses = 0;

  constructor(
    readonly appId: string,
    public secret: string,
    readonly clock: Clock,
    public settings: Readonly<KycSandboxSettings>,
  ) {
    this.orders = new OrderBook(clock);
  }

  /** `bizSeqNo` as in the logged responses: yyMMdd, eight fixed digits, four of the host, HHmmss, eight running ones. */
  stamp(): { readonly bizSeqNo: string; readonly transactionTime: string } {
    const transactionTime = chinaDigits(this.clock.now());
    const running = String((this.#responses += 1)).padStart(8, '0');
    const bizSeqNo = `${transactionTime.slice(2, 8)}200011844126${transactionTime.slice(8)}${running}`;
    return { bizSeqNo, transactionTime };
  }

  success(fields: JsonObject): SandboxResponse {
    return { json: { code: '0', msg: messageOfCode('0'), ...fields } };
  }

  /** No `result`, no `bizSeqNo`. */
  failure({ code, detail }: Refusal): SandboxResponse {
    const msg = detail === undefined ? messageOfCode(code) : `${messageOfCode(code)}:${detail}`;
    return { json: { code, msg, transactionTime: this.stamp().transactionTime, success: false } };
  }
}
