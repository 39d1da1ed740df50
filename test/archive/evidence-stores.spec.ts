import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { DirectoryEvidenceStore } from 'nestjs-bankcard-ocr/archive';
import { S3EvidenceStore } from 'nestjs-bankcard-ocr/archive-s3';
import { S3Sandbox, type S3SandboxOptions } from 'nestjs-bankcard-ocr/testing';
import { describeEvidenceStore } from './evidence-store-contract.js';

const ended: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

describe('a directory of evidence', () => {
  describeEvidenceStore(async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'evidence-'));
    ended.push(() => rmSync(folder, { recursive: true }));
    return () => new DirectoryEvidenceStore(path.join(folder, 'evidence'));
  });
});

describe.each<[string, S3SandboxOptions]>([
  ['Amazon S3', {}],
  ['Tencent COS', { dialect: 'cos' }],
  ['a server that takes no checksums', { checksums: 'refused' }],
])('a bucket of %s', (_what, options) => {
  let sandbox: S3Sandbox;

  describeEvidenceStore(async () => {
    sandbox = await S3Sandbox.start({ ...options, pageSize: 3 });
    const client = new S3Client({ ...sandbox.clientOptions, requestChecksumCalculation: 'WHEN_REQUIRED' });
    ended.push(
      () => client.destroy(),
      () => sandbox.stop(),
    );
    return () => new S3EvidenceStore({ client, bucket: sandbox.bucket, prefix: 'archive/' });
  });

  afterEach(() => {
    // Only the probe of a server that does not know If-None-Match replaces something: its own object.
    const replaced = sandbox.violations().filter(({ kind }) => kind === 'overwritten');
    expect(sandbox.violations()).toEqual(replaced);
    if (options.dialect !== 'cos') expect(replaced).toEqual([]);
    expect(sandbox.objects.keys().every((key) => key.startsWith('archive/') && !key.includes('.probe'))).toBe(true);
  });
});
