export { DirectoryEvidenceStore } from './directory-evidence.store.js';
export {
  type Evidence,
  EvidenceArchive,
  type EvidenceArchiveOptions,
  type KeepOptions,
  type KeptOrder,
  type Verification,
} from './evidence-archive.js';
export { EvidenceStore } from './evidence-store.js';
export { FileKeyStore, type FileKeyStoreOptions, KeyStore } from './key-store.js';
export type { Decision, OrderState } from './order-history.js';
