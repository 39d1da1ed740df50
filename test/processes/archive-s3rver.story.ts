import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { S3Client } from '@aws-sdk/client-s3';
import { S3EvidenceStore } from 'nestjs-bankcard-ocr/archive-s3';

/** A server that other people wrote, checks signatures, and ignores conditions of writes. */
const SERVER = '@20minutes/s3rver@4.0.4';
const BUCKET = 'evidence';
const SCRIPT = `
  const S3rver = require('@20minutes/s3rver');
  const options = { port: 0, address: '127.0.0.1', silent: true, directory: './data', configureBuckets: [{ name: '${BUCKET}' }] };
  new S3rver(options).run().then(({ port }) => console.log('listening on ' + port));
`;

let folder: string;
let server: ReturnType<typeof spawn>;
let client: S3Client;
let endpoint: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 's3rver-'));
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  execFileSync('npm', ['install', ...quiet, SERVER], { cwd: folder });
  // It makes continuation tokens with DES.
  const args = ['--openssl-legacy-provider', '-e', SCRIPT];
  server = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: server.stdout! }), 'line')) as [string];
  endpoint = `http://127.0.0.1:${/\d+$/.exec(line)?.[0]}`;
  client = clientWith('S3RVER');
});

function clientWith(secretAccessKey: string): S3Client {
  const made = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  // This server takes the path of a bucket for signed without the slash at its end, which the SDK sends and Amazon signs.
  made.middlewareStack.add(
    (next) => async (args) => {
      const request = args.request as { path: string };
      if (request.path === `/${BUCKET}/`) request.path = `/${BUCKET}`;
      return next(args);
    },
    { step: 'build', name: 'bucketWithoutSlash' },
  );
  return made;
}

afterAll(async () => {
  client.destroy();
  const exited = once(server, 'exit');
  server.kill();
  await exited;
  rmSync(folder, { recursive: true });
});

describe('a server of other people that ignores conditions', () => {
  it.each(['probe', 'if-none-match', 'cos-forbid-overwrite'] as const)(
    'is never called write-once (%s)',
    async (writeOnce) => {
      const store = new S3EvidenceStore({ client, bucket: BUCKET, writeOnce });
      await expect(store.open()).rejects.toThrow('accepts a second write to the same name');
      await expect(store.create('a', Buffer.from('x'))).rejects.toMatchObject({ code: 'CONFIGURATION' });
      expect(await store.read('a')).toBeUndefined();
    },
  );

  it('keeps objects when nothing but a lease is chosen, with a warning', async () => {
    const warnings: string[] = [];
    const onWarning = (text: string) => void warnings.push(text);
    const options = { client, bucket: BUCKET, prefix: 'archive/', writeOnce: 'lease-only', onWarning } as const;
    const store = new S3EvidenceStore(options);
    expect(await store.open()).toBe('lease-only');
    expect(warnings).toEqual([expect.stringContaining('does not keep evidence from being replaced')]);
    const names = Array.from({ length: 1_050 }, (_, index) => `orders/${String(index).padStart(4, '0')}`);
    const photo = randomBytes(1_200_000);
    expect(await store.create('photo', photo)).toBe(true);
    expect((await store.read('photo'))?.equals(photo)).toBe(true);
    expect(await store.create('photo', Buffer.from('x'))).toBe(false);
    for (let from = 0; from < names.length; from += 50)
      await Promise.all(names.slice(from, from + 50).map(async (name) => store.create(name, Buffer.alloc(0))));
    const listed: string[] = [];
    for await (const name of store.list('orders/')) listed.push(name);
    // More than one page.
    expect(listed).toEqual(names);
    await store.remove('photo');
    await store.remove('photo');
    expect(await store.read('photo')).toBeUndefined();
  });

  it('refuses a wrong key, and no error shows it', async () => {
    const wrong = clientWith('a-secret-that-is-wrong');
    const store = new S3EvidenceStore({ client: wrong, bucket: BUCKET });
    const error: unknown = await store.open().catch((reason: unknown) => reason);
    wrong.destroy();
    expect(error).toMatchObject({ code: 'EVIDENCE_STORE_FAILED', retryable: false });
    expect(JSON.stringify(error)).not.toMatch(/S3RVER|a-secret/);
  });
});
