import { S3Client } from '@aws-sdk/client-s3';
import { S3EvidenceStore } from 'nestjs-bankcard-ocr/archive-s3';
import { evidenceStoreContract, S3Sandbox, type S3SandboxOptions } from 'nestjs-bankcard-ocr/testing';

describe.each<[string, S3SandboxOptions]>([
  ['Amazon S3', {}],
  ['Tencent COS', { dialect: 'cos' }],
  ['a server that takes no checksums', { checksums: 'refused' }],
])('the contract of an evidence store: a bucket of %s', (_what, options) => {
  let sandbox: S3Sandbox;
  let client: S3Client;

  const cases = evidenceStoreContract(async () => {
    sandbox = await S3Sandbox.start({ ...options, pageSize: 50 });
    client = new S3Client({ ...sandbox.clientOptions, requestChecksumCalculation: 'WHEN_REQUIRED' });
    return async () => new S3EvidenceStore({ client, bucket: sandbox.bucket, prefix: 'archive/' });
  });

  for (const { name, run } of cases) it(name, run);

  afterEach(async () => {
    client.destroy();
    await sandbox.stop();
    // Where If-None-Match is not known, each probe replaces an object of its own.
    const mayReplace = options.dialect === 'cos' ? 'archive/.probe/' : 'nothing';
    expect(sandbox.violations().filter(({ key }) => !key.startsWith(mayReplace))).toEqual([]);
    expect(sandbox.objects.keys().filter((key) => !key.startsWith('archive/') || key.includes('.probe'))).toEqual([]);
  });
});
