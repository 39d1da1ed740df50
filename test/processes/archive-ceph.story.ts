import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createClient } from '../../libs/bankcard-ocr/src/account/create-client.js';
import { resolveOptions } from '../../libs/bankcard-ocr/src/options/resolve-options.js';
import { EvidenceArchive, FileKeyStore } from 'nestjs-bankcard-ocr/archive';
import { S3EvidenceStore } from 'nestjs-bankcard-ocr/archive-s3';
import { evidenceStoreContract, KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { CephGateway } from '../support/ceph-gateway.js';

// Only in npm run soak: Ceph is large, and takes half a minute to start.
const BUCKET = 'evidence';
const QUIET = { log: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };

let ceph: CephGateway;
let client: S3Client;

beforeAll(async () => {
  ceph = await CephGateway.start();
  client = new S3Client({ ...ceph.clientOptions, requestChecksumCalculation: 'WHEN_REQUIRED' });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
});

afterAll(async () => {
  client?.destroy();
  await ceph?.stop();
});

function open(prefix: string): S3EvidenceStore {
  return new S3EvidenceStore({ client, bucket: BUCKET, prefix: `${prefix}/` });
}

describe('a bucket of Ceph', () => {
  it('is found to be written once', async () => {
    expect(await open('probe').open()).toBe('if-none-match');
  });

  const cases = evidenceStoreContract(async () => {
    const prefix = randomUUID();
    return async () => open(prefix);
  });
  for (const { name, run } of cases) it(name, run);

  it('keeps the same orders of four archives at a time once, verifies and erases them', async () => {
    await using vendor = await KycSandbox.start({ unknownOrders: 'invent', photoBytes: 400_000 });
    const folder = mkdtempSync(path.join(tmpdir(), 'archive-'));
    const wrappingKeys = { first: randomBytes(32).toString('base64') };
    const options = resolveOptions({
      ...{ appId: vendor.appId, secret: vendor.secret, baseUrl: vendor.url, ticketStore: 'memory:' },
      ...{ timeoutMs: 600_000, attemptTimeoutMs: 600_000, connectTimeoutMs: 600_000 },
    });
    const account = await createClient(options, { log: QUIET, debugs: () => false });
    const archives = Array.from({ length: 4 }, () => {
      return new EvidenceArchive({
        source: { results: account.results, appId: vendor.appId, host: vendor.url },
        store: open('orders-of-four'),
        keys: new FileKeyStore({ directory: path.join(folder, 'keys'), wrappingKeys }),
      });
    });
    const orders = Array.from({ length: 20 }, (_, index) => `order${index}`);
    const commits = new Map<string, number>();
    await Promise.all(
      archives.map(async (archive) => {
        for (const orderNo of orders) {
          const { isNew } = await archive.keep(orderNo);
          if (isNew) commits.set(orderNo, (commits.get(orderNo) ?? 0) + 1);
        }
      }),
    );
    const [archive] = archives as [EvidenceArchive];
    expect([...commits.values()]).toEqual(orders.map(() => 1));
    const findings: unknown[] = [];
    for await (const verification of archive.verifyAll()) findings.push(...verification.findings);
    expect(findings).toEqual([]);
    const { photo } = await archive.read('order3');
    expect((await photo('original'))?.bytes.length).toBeGreaterThan(300_000);
    expect(await archive.erase('order3', { by: 'a', why: 'b' })).toMatchObject({ state: 'erased', remaining: 0 });
    expect((await archive.verify('order3')).findings).toEqual([]);
    const names: string[] = [];
    for await (const name of open('orders-of-four').list('orders/')) names.push(name);
    // Three photos and a manifest of each; of the erased one the manifest and the decision.
    expect(names).toHaveLength(19 * 4 + 2);
    await account.close();
    rmSync(folder, { recursive: true });
  });
});
