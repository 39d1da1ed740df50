import type { Clock } from '../../runtime/clock.js';
import { CredentialLedger } from '../credentials/credential-ledger.js';
import { CallCounts, EvidenceLog, type JournalEntry, RefreshWatch, ViolationLog } from '../evidence/evidence.js';
import { FaultRegistry } from '../faults/fault-registry.js';
import type { KycSandboxSettings, SandboxContext } from '../kyc-sandbox.options.js';
import { OrderBook } from '../orders/order-book.js';
import { PhotoDelivery } from '../photos/photo-set.js';
import { ResponseWriter } from '../response/vendor-response.js';

export class Vendor implements SandboxContext {
  readonly ledger = new CredentialLedger(this);
  readonly photos = new PhotoDelivery(this);
  readonly refreshWatch = new RefreshWatch(this);
  readonly faults = new FaultRegistry();
  readonly calls = new CallCounts();
  readonly nonces = new Set<string>();
  readonly orders: OrderBook;
  readonly responses: ResponseWriter;
  readonly journal: EvidenceLog<JournalEntry>;
  readonly violations: ViolationLog;
  rejected = 0;

  constructor(
    readonly appId: string,
    public secret: string,
    readonly clock: Clock,
    public settings: Readonly<KycSandboxSettings>,
  ) {
    this.orders = new OrderBook(clock);
    this.responses = new ResponseWriter(clock);
    this.journal = new EvidenceLog(clock);
    this.violations = new ViolationLog(clock);
  }
}
