import { S3Client } from '@aws-sdk/client-s3';
import { S3EvidenceStore } from 'nestjs-bankcard-ocr/archive-s3';
import { S3Sandbox } from 'nestjs-bankcard-ocr/testing';
import '../archive/archive.story.js';
import { archivePlace, type EvidencePlace } from '../archive/evidence-places.js';

// The same cases, in a bucket: they ask for their place when they run.
archivePlace.start = startBucket;

/** A bucket, which has been written once at the end, in every sense. */
async function startBucket(): Promise<EvidencePlace> {
  const sandbox = await S3Sandbox.start({ pageSize: 2 });
  const client = new S3Client({ ...sandbox.clientOptions, requestChecksumCalculation: 'WHEN_REQUIRED' });
  const prefix = 'archive';
  const keyOf = (name: string): string => {
    const key = prefix + name;
    if (!sandbox.objects.get(key)) throw new Error('there is no such object');
    return key;
  };
  return {
    open: () => new S3EvidenceStore({ client, bucket: sandbox.bucket, prefix: `${prefix}/` }),
    names: (part = '') => {
      const names = sandbox.objects.keys().map((key) => key.slice(prefix.length));
      return names.filter((name) => name.includes(part));
    },
    get: (name) => sandbox.objects.get(keyOf(name))!,
    set: (name, bytes) => sandbox.objects.set(keyOf(name), Buffer.from(bytes)),
    delete: (name) => sandbox.objects.delete(keyOf(name)),
    end: async () => {
      client.destroy();
      await sandbox.stop();
      expect(sandbox.violations()).toEqual([]);
    },
  };
}
