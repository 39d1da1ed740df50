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
  type Verification,
} from './evidence-archive.js';
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
export type { Decision, OrderState } from './order-history.js';
