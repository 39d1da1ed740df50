export { S3EvidenceStore, type S3EvidenceStoreOptions, type WriteOnce } from './s3-evidence.store.js';
