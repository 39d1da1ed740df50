import type { Clock } from '../../runtime/clock.js';
import { CredentialLedger } from '../credentials/credential-ledger.js';
import {
  CallCounter,
  EvidenceLog,
  type JournalEntry,
  NonceMemory,
  type RecoveryEntry,
  RefreshWatch,
  type ViolationEntry,
} from '../evidence/evidence.js';
import { FaultRegistry } from '../faults/fault-registry.js';
import type { KycSandboxSettings, SandboxContext } from '../kyc-sandbox.options.js';
import { OrderBook } from '../orders/order-book.js';
import { PhotoDelivery } from '../photos/photo-set.js';
import { ResponseStamps } from '../response/vendor-response.js';

/** Everything the vendor knows about its one partner; the endpoints work on it. */
export class Vendor implements SandboxContext {
  readonly appId: string;
  readonly clock: Clock;
  /** Changed by {@link KycSandbox.changeSecret}. */
  secret: string;
  readonly ledger: CredentialLedger;
  readonly orders: OrderBook;
  readonly photos: PhotoDelivery;
  readonly stamps: ResponseStamps;
  readonly faults = new FaultRegistry();
  readonly calls = new CallCounter();
  readonly nonces = new NonceMemory();
  readonly journal: EvidenceLog<JournalEntry>;
  readonly violations: EvidenceLog<ViolationEntry>;
  readonly recoveries: EvidenceLog<RecoveryEntry>;
  readonly refreshWatch: RefreshWatch;
  /** OCR requests refused because of expired or wrong credentials or a wrong signature. */
  rejected = 0;

  constructor(
    { appId, secret, clock }: { readonly appId: string; readonly secret: string; readonly clock: Clock },
    readonly settings: KycSandboxSettings,
  ) {
    this.appId = appId;
    this.secret = secret;
    this.clock = clock;
    this.ledger = new CredentialLedger(this);
    this.orders = new OrderBook(clock);
    this.photos = new PhotoDelivery(this);
    this.stamps = new ResponseStamps(clock);
    this.journal = new EvidenceLog(clock);
    this.violations = new EvidenceLog(clock);
    this.recoveries = new EvidenceLog(clock);
    this.refreshWatch = new RefreshWatch(this);
  }
}
