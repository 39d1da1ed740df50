export {
  BankCardOcrArchiveModule,
  type BankCardOcrArchiveOptions,
  getEvidenceArchiveToken,
} from './bankcard-ocr-archive.module.js';
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
export { EvidenceStore } from './evidence-store.js';
export { type ExpectedOrder, ExpectedOrders } from './expected-orders.js';
export { FileKeyStore, type FileKeyStoreOptions, KeyStore } from './key-store.js';
export type { Decision, OrderState } from './order-history.js';
