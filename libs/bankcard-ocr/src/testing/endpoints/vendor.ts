import type { Clock } from '../../runtime/clock.js';
import { StampOffice } from '../response/vendor-response.js';
import { CredentialLedger } from '../credentials/credential-ledger.js';
import { NonceTicketRegistry } from '../credentials/nonce-ticket-registry.js';
import {
  CallCounter,
  EvidenceLog,
  type JournalEntry,
  type ViolationEntry,
  NonceMemory,
  type RecoveryEntry,
} from '../evidence/evidence.js';
import { RefreshWatch } from '../evidence/refresh-watch.js';
import { FaultRegistry } from '../faults/fault-registry.js';
import type { KycSandboxIdentity, KycSandboxSettings } from '../kyc-sandbox.options.js';
import { OrderBook } from '../orders/order-book.js';
import { LateFiles } from '../photos/photo-set.js';

/** Everything the vendor knows about its one partner; the endpoints work on it. */
export class Vendor {
  readonly appId: string;
  readonly clock: Clock;
  /** Changed by {@link KycSandbox.changeSecret}. */
  secret: string;
  readonly ledger: CredentialLedger;
  readonly nonceTickets: NonceTicketRegistry;
  readonly orders: OrderBook;
  readonly lateFiles: LateFiles;
  readonly stamps: StampOffice;
  readonly faults = new FaultRegistry();
  readonly calls = new CallCounter();
  readonly nonces = new NonceMemory();
  readonly journal: EvidenceLog<Omit<JournalEntry, 'at'>>;
  readonly misuse: EvidenceLog<Omit<ViolationEntry, 'at'>>;
  readonly recoveries: EvidenceLog<Omit<RecoveryEntry, 'at'>>;
  readonly refreshWatch: RefreshWatch;
  /** OCR requests refused because of dead or wrong credentials or a wrong signature. */
  rejected = 0;

  constructor(
    identity: KycSandboxIdentity,
    readonly settings: KycSandboxSettings,
  ) {
    const { clock } = identity;
    this.appId = identity.appId;
    this.secret = identity.secret;
    this.clock = clock;
    this.ledger = new CredentialLedger(clock, settings);
    this.nonceTickets = new NonceTicketRegistry(clock, settings);
    this.orders = new OrderBook(clock);
    this.lateFiles = new LateFiles(clock, settings);
    this.stamps = new StampOffice(clock);
    this.journal = new EvidenceLog(clock);
    this.misuse = new EvidenceLog(clock);
    this.recoveries = new EvidenceLog(clock);
    this.refreshWatch = new RefreshWatch(clock, settings, this.ledger, this.misuse, this.recoveries);
  }
}
