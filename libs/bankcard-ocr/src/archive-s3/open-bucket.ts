import { S3Client } from '@aws-sdk/client-s3';
import { S3EvidenceStore, type S3EvidenceStoreOptions } from './s3-evidence.store.js';

/** A bucket as the command line names it. */
export interface BucketAddress extends Pick<S3EvidenceStoreOptions, 'bucket' | 'prefix' | 'writeOnce' | 'onWarning'> {
  /** @default those of the SDK: AWS_ENDPOINT_URL_S3, AWS_REGION, its files */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly forcePathStyle?: boolean | undefined;
}

/** For the command line, which has no application: credentials come from where the SDK finds them. */
export function openBucket({ endpoint, region, forcePathStyle = false, ...options }: BucketAddress): {
  readonly store: S3EvidenceStore;
  close(): void;
} {
  const client = new S3Client({
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    forcePathStyle,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return { store: new S3EvidenceStore({ client, ...options }), close: () => client.destroy() };
}
