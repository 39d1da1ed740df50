import { S3Client } from '@aws-sdk/client-s3';
import { FileKeyStore } from 'nestjs-bankcard-ocr/archive';
import { S3EvidenceStore } from 'nestjs-bankcard-ocr/archive-s3';

/** What every process knows. Keys in a directory are for one machine; on several, use a KeyStore of your own. */
export function openEvidence(env: NodeJS.ProcessEnv) {
  const client = new S3Client({
    endpoint: env['S3_ENDPOINT'] ?? '',
    region: env['S3_REGION'] ?? '',
    forcePathStyle: true,
    credentials: { accessKeyId: env['S3_KEY_ID'] ?? '', secretAccessKey: env['S3_SECRET'] ?? '' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const keys = new FileKeyStore({
    directory: env['EVIDENCE_KEYS_DIRECTORY'] ?? '',
    wrappingKeys: { k2026: env['EVIDENCE_WRAPPING_KEY'] ?? '' },
  });
  return { client, keys, store: new S3EvidenceStore({ client, bucket: env['S3_BUCKET'] ?? '' }) };
}
