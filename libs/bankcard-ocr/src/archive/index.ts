export type { ArchiveStatus, StateCounts } from './archive-status.js';
export {
  type ArchiveJob,
  ArchiveQueue,
  type ArchiveQueueCounts,
  type DeadLetter,
  type QueuedOrder,
} from './archive-queue.js';
export {
  BankCardOcrArchiveModule,
  type BankCardOcrArchiveOptions,
  getEvidenceArchiveToken,
} from './bankcard-ocr-archive.module.js';
export { DirectoryArchiveQueue, type DirectoryArchiveQueueOptions } from './directory-archive.queue.js';
export { DirectoryEvidenceStore } from './directory-evidence.store.js';
export {
  type Evidence,
  EvidenceArchive,
  type EvidenceArchiveOptions,
  type KeepOptions,
  type KeptOrder,
  type SealedDay,
  type TimestampOptions,
} from './evidence-archive.js';
export type { Verification, VerificationStep } from './evidence-verifier.js';
export type { Finding, FindingCode } from './finding.js';
export {
  HttpTimestampAuthority,
  type HttpTimestampAuthorityOptions,
  TimestampAuthority,
} from './timestamp-authority.js';
export {
  EvidenceReconciler,
  type ReconcilerEvent,
  type ReconcilerOptions,
  type ReconcilerRound,
} from './evidence-reconciler.js';
export {
  EvidenceWorker,
  type EvidenceWorkerEvent,
  type EvidenceWorkerOptions,
  type LostOrder,
} from './evidence-worker.js';
export { EvidenceStore } from './evidence-store.js';
export { type ExpectedOrder, ExpectedOrders } from './expected-orders.js';
export { FileKeyStore, type FileKeyStoreOptions, KeyStore } from './key-store.js';
export type { Custody, Manifest, ManifestObject, OmittedPart } from './manifest.js';
export type { Decision, OrderState } from './order-history.js';
