import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { NestFactory } from '@nestjs/core';
import { BankCardOcrModule } from 'nestjs-bankcard-ocr';
import {
  BankCardOcrArchiveModule,
  DirectoryEvidenceStore,
  EvidenceArchive,
  type EvidenceStore,
  FileKeyStore,
} from 'nestjs-bankcard-ocr/archive';
import { accountOptions } from '../contestants/ours.contestant.js';
import type { Keeper, Place } from './keeper.js';

/** The archive as an application uses it. */
export async function createArchiveKeeper(place: Place): Promise<Keeper> {
  const { store, end } = await openStore(place);
  const directory = path.join(place.folder, 'keys');
  const keys = new FileKeyStore({ directory, wrappingKeys: { bench: randomBytes(32).toString('base64') } });
  class BenchModule {}
  const module = {
    module: BenchModule,
    imports: [
      BankCardOcrModule.forRoot(accountOptions('undici', 'http')),
      BankCardOcrArchiveModule.forRoot({ store, keys }),
    ],
  };
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  const archive = app.get(EvidenceArchive);
  return {
    keep: (orderNo) => archive.keep(orderNo),
    close: async () => {
      await app.close();
      end();
    },
  };
}

async function openStore(place: Place): Promise<{ store: EvidenceStore; end: () => void }> {
  if (place.kind === 'directory') {
    return { store: new DirectoryEvidenceStore(path.join(place.folder, 'evidence')), end: () => undefined };
  }
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { S3EvidenceStore } = await import('nestjs-bankcard-ocr/archive-s3');
  const client = new S3Client({ ...place.client, requestChecksumCalculation: 'WHEN_REQUIRED' });
  return {
    store: new S3EvidenceStore({ client, bucket: place.bucket, prefix: place.prefix }),
    end: () => client.destroy(),
  };
}
