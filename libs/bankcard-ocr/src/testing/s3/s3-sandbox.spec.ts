import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { ManualClock } from '../manual-clock.js';
import { S3Sandbox } from './s3-sandbox.js';
import type { S3SandboxOptions } from './s3-sandbox.options.js';

let sandbox: S3Sandbox;
let client: S3Client;

async function start(options: S3SandboxOptions = {}): Promise<void> {
  sandbox = await S3Sandbox.start(options);
  client = new S3Client({
    ...sandbox.clientOptions,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    maxAttempts: 1,
  });
}

async function put(Key: string, Body: string, more: Partial<PutObjectCommandInput> = {}): Promise<unknown> {
  return client.send(new PutObjectCommand({ Bucket: sandbox.bucket, Key, Body, ...more }));
}

function fails(name: string, httpStatusCode: number): unknown {
  return expect.objectContaining({ name, $metadata: expect.objectContaining({ httpStatusCode }) as unknown });
}

afterEach(async () => {
  client.destroy();
  await sandbox.stop();
});

describe('the S3 sandbox', () => {
  it('stores and returns what the SDK of Amazon sends, with metadata and checksum', async () => {
    await start();
    const ChecksumSHA256 = createHash('sha256').update('x y').digest('base64');
    await put('a/b c+d$é.txt', 'x y', { Metadata: { note: 'n' }, ChecksumSHA256 });
    const Key = 'a/b c+d$é.txt';
    const read = await client.send(new GetObjectCommand({ Bucket: sandbox.bucket, Key, ChecksumMode: 'ENABLED' }));
    expect(await read.Body?.transformToString()).toBe('x y');
    expect(read).toMatchObject({ ContentLength: 3, Metadata: { note: 'n' }, ChecksumSHA256 });
    expect(await client.send(new HeadObjectCommand({ Bucket: sandbox.bucket, Key }))).toMatchObject({
      ContentLength: 3,
    });
    expect(sandbox.violations()).toEqual([]);
  });

  it('checks a checksum of the SDK by default too, and refuses a wrong one', async () => {
    await start();
    client.destroy();
    client = new S3Client({ ...sandbox.clientOptions, maxAttempts: 1 });
    await put('a', 'x');
    await expect(put('a', 'x', { ChecksumSHA256: createHash('sha256').digest('base64') })).rejects.toEqual(
      fails('BadDigest', 400),
    );
    expect(sandbox.violations()).toEqual([]);
  });

  it('pages lists in the order of bytes', async () => {
    await start({ pageSize: 2 });
    for (const key of ['b', 'a/2', 'a/10', 'a-1', 'a&<>', 'A']) await put(key, key);
    const pages: (string | undefined)[][] = [];
    let token: string | undefined;
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket: sandbox.bucket, ContinuationToken: token }));
      pages.push((page.Contents ?? []).map(({ Key }) => Key));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    expect(pages).toEqual([
      ['A', 'a&<>'],
      ['a-1', 'a/10'],
      ['a/2', 'b'],
    ]);
  });

  it('refuses the second of two writes under a condition, and one at the same time with 409', async () => {
    await start();
    await put('a', '1', { IfNoneMatch: '*' });
    await expect(put('a', '2', { IfNoneMatch: '*' })).rejects.toEqual(fails('PreconditionFailed', 412));
    await expect(put('b', '2', { IfNoneMatch: '"etag"' })).rejects.toEqual(fails('NotImplemented', 501));
    // A write to the same key is under way: its body has not come whole.
    const other = request(`${sandbox.url}/${sandbox.bucket}/c`, { method: 'PUT', headers: { 'content-length': 9 } });
    other.on('error', () => undefined).write('half');
    while (!sandbox.journal().some(({ key }) => key === 'c')) await setImmediate();
    await expect(put('c', '2', { IfNoneMatch: '*' })).rejects.toEqual(fails('ConditionalRequestConflict', 409));
    other.destroy();
    expect(sandbox.violations()).toEqual([]);
    await put('a', '2');
    expect(sandbox.violations()).toMatchObject([{ kind: 'overwritten', key: 'a' }]);
  });

  it('has no operation that an archive does without', async () => {
    await start();
    await expect(
      client.send(new DeleteObjectsCommand({ Bucket: sandbox.bucket, Delete: { Objects: [{ Key: 'a' }] } })),
    ).rejects.toEqual(fails('NotImplemented', 501));
    expect(sandbox.violations()).toMatchObject([{ kind: 'not-implemented' }]);
  });

  it('compares dates with its clock', async () => {
    const clock = new ManualClock();
    await start({ clock });
    // The SDK corrects its own clock after the first refusal: it sends once here.
    await expect(put('a', 'x')).rejects.toEqual(fails('RequestTimeTooSkewed', 403));
    expect(sandbox.objects.keys()).toEqual([]);
  });

  it('knows one bucket', async () => {
    await start({ bucket: 'mine' });
    await expect(client.send(new ListObjectsV2Command({ Bucket: 'yours' }))).rejects.toEqual(
      fails('NoSuchBucket', 404),
    );
  });

  it('keeps a journal without a secret', async () => {
    await start({ faults: [{ operation: 'PutObject', kind: 'slow', delayMs: 1, times: 1 }] });
    await put('a', 'the content');
    await client.send(new GetObjectCommand({ Bucket: sandbox.bucket, Key: 'b' })).catch(() => undefined);
    expect(sandbox.journal()).toMatchObject([
      { operation: 'PutObject', key: 'a', status: 200, fault: 'slow' },
      { operation: 'GetObject', key: 'b', status: 404, code: 'NoSuchKey' },
    ]);
    const { accessKeyId, secretAccessKey } = sandbox.clientOptions.credentials;
    for (const secret of [accessKeyId, secretAccessKey, 'the content', 'Signature'])
      expect(JSON.stringify(sandbox.journal())).not.toContain(secret);
  });

  it('requires a signature of every request', async () => {
    await start();
    await put('a', 'x');
    const response = await fetch(`${sandbox.url}/${sandbox.bucket}/a`);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('<Code>AccessDenied</Code>');
    expect((await fetch(`${sandbox.url}/${sandbox.bucket}/%zz`)).status).toBe(400);
  });

  it('has no settings but its own', async () => {
    await start();
    expect(() => sandbox.configure({ dialekt: 'cos' } as never)).toThrow('dialekt');
  });
});
