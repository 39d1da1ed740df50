import { inspect } from 'node:util';
import { S3Client } from '@aws-sdk/client-s3';
import { S3EvidenceStore } from '../../libs/bankcard-ocr/src/archive-s3/s3-evidence.store.js';
import { S3Sandbox } from '../../libs/bankcard-ocr/src/testing/s3/s3-sandbox.js';
import type { S3Dialect } from '../../libs/bankcard-ocr/src/testing/s3/s3-sandbox.options.js';

/**
 * One path through the store of evidence in a bucket: what `npm test` has of s3-evidence-store.long.story.ts, which takes long
 * and runs in `npm run test:processes`.
 */
const FIRST = Buffer.from('evidence');
const OTHER = Buffer.from('other');

const clients: S3Client[] = [];

function open(sandbox: S3Sandbox, prefix = ''): S3EvidenceStore {
  const client = new S3Client({ ...sandbox.clientOptions, requestChecksumCalculation: 'WHEN_REQUIRED' });
  clients.push(client);
  return new S3EvidenceStore({ client, bucket: sandbox.bucket, prefix });
}

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

it.each<[S3Dialect, string]>([
  ['strict', 'if-none-match'],
  ['cos', 'cos-forbid-overwrite'],
])('a bucket of the dialect %s is written once, by %s', async (dialect, writeOnce) => {
  await using sandbox = await S3Sandbox.start({ dialect, pageSize: 2 });
  const store = open(sandbox, 'mine/');
  expect(await store.open()).toBe(writeOnce);
  expect(sandbox.objects.keys()).toEqual([]);

  expect(await store.create('a', FIRST)).toBe(true);
  expect(await store.create('a', OTHER)).toBe(false);
  expect(await store.read('a')).toEqual(FIRST);
  // The response is lost, and so it is to be found out whose object is there.
  sandbox.injectFault({ operation: 'PutObject', kind: 'lost-response', times: 1 });
  expect(await store.create('b', FIRST)).toBe(true);
  sandbox.injectFault({ operation: 'PutObject', kind: 'lost-response', times: 1 });
  expect(await store.create('a', FIRST)).toBe(false);

  expect(await store.create('c', FIRST)).toBe(true);
  await open(sandbox, 'mine-too/').create('d', FIRST);
  const names: string[] = [];
  for await (const name of store.list('')) names.push(name);
  expect(names).toEqual(['a', 'b', 'c']);
  await store.remove('a');
  expect(await store.read('a')).toBeUndefined();
  // The probe itself finds out what replaces objects.
  expect(sandbox.violations().filter(({ key }) => !key.includes('/.probe/'))).toEqual([]);
});

it.each<S3Dialect>(['ignores-conditions', 'cos-versioned'])(
  'a bucket that can be written twice is refused (%s)',
  async (dialect) => {
    await using sandbox = await S3Sandbox.start({ dialect });
    const store = open(sandbox);
    const refused = { code: 'CONFIGURATION', message: expect.stringContaining('accepts a second write') };
    await expect(store.open()).rejects.toMatchObject(refused);
    await expect(store.create('a', FIRST)).rejects.toMatchObject(refused);
    expect(sandbox.objects.keys()).toEqual([]);
  },
);

it('a failure shows neither keys nor signatures', async () => {
  await using sandbox = await S3Sandbox.start();
  const { credentials } = sandbox.clientOptions;
  const wrong = { ...credentials, secretAccessKey: 'another-secret-that-signs' };
  const client = new S3Client({ ...sandbox.clientOptions, credentials: wrong });
  clients.push(client);
  const error: unknown = await new S3EvidenceStore({ client, bucket: sandbox.bucket }).read('a').catch((one) => one);
  expect(error).toMatchObject({ code: 'EVIDENCE_STORE_FAILED', retryable: false });
  const shown = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error);
  expect(shown).toContain('SignatureDoesNotMatch');
  for (const secret of [wrong.accessKeyId, wrong.secretAccessKey, 'AWS4-HMAC']) expect(shown).not.toContain(secret);
});
