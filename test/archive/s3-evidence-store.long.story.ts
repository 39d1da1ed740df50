import { inspect } from 'node:util';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { S3Sandbox } from '../../libs/bankcard-ocr/src/testing/s3/s3-sandbox.js';
import type { S3Dialect, S3SandboxOptions } from '../../libs/bankcard-ocr/src/testing/s3/s3-sandbox.options.js';
import {
  S3EvidenceStore,
  type S3EvidenceStoreOptions,
} from '../../libs/bankcard-ocr/src/archive-s3/s3-evidence.store.js';

let sandbox: S3Sandbox;
let warnings: string[];
const clients: S3Client[] = [];

async function start(options: S3SandboxOptions = {}): Promise<void> {
  sandbox = await S3Sandbox.start(options);
}

function open(options: Partial<S3EvidenceStoreOptions> = {}, config: Partial<S3ClientConfig> = {}): S3EvidenceStore {
  const client = new S3Client({
    ...sandbox.clientOptions,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    ...config,
  } as S3ClientConfig);
  clients.push(client);
  return new S3EvidenceStore({ client, bucket: sandbox.bucket, onWarning: (text) => warnings.push(text), ...options });
}

/** What a promise was rejected with. */
async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  return promise.then(
    () => {
      throw new Error('it was not rejected');
    },
    (error: Error) => error,
  );
}

const bytes = Buffer.from('evidence');

beforeEach(() => {
  warnings = [];
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await sandbox.stop();
});

describe('the probe', () => {
  it.each<[S3Dialect, string]>([
    ['strict', 'if-none-match'],
    ['cos', 'cos-forbid-overwrite'],
  ])('finds how a server of the dialect %s is written once: %s', async (dialect, writeOnce) => {
    await start({ dialect });
    expect(await open().open()).toBe(writeOnce);
    expect(sandbox.objects.keys()).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it.each<S3Dialect>(['ignores-conditions', 'cos-versioned'])(
    'never calls a server write-once that accepts twice (%s)',
    async (dialect) => {
      await start({ dialect });
      for (const writeOnce of ['probe', 'if-none-match', 'cos-forbid-overwrite'] as const) {
        const store = open({ writeOnce });
        for (const wanted of [() => store.open(), () => store.create('a', bytes)]) {
          const error = await rejection(wanted());
          expect(error).toMatchObject({ code: 'CONFIGURATION', retryable: false });
          expect(error.message).toMatch(/accepts a second write[^]*never had versioning[^]*lease-only/);
        }
      }
      expect(sandbox.objects.keys()).toEqual([]);
    },
  );

  it('never believes that a strategy works because it was chosen', async () => {
    await start({ dialect: 'strict' });
    await expect(open({ writeOnce: 'cos-forbid-overwrite' }).open()).rejects.toMatchObject({ code: 'CONFIGURATION' });
    sandbox.configure({ dialect: 'cos' });
    await expect(open({ writeOnce: 'if-none-match' }).open()).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });

  it('says what to do about a server that refuses conditions, and finds that it replaces objects without them', async () => {
    await start({ dialect: 'refuses-conditions' });
    const error = await rejection(open({ writeOnce: 'if-none-match' }).open());
    expect(error).toMatchObject({ code: 'CONFIGURATION' });
    expect(error.message).toContain("requestChecksumCalculation: 'WHEN_REQUIRED'");
    await expect(open().open()).rejects.toThrow('accepts a second write');
  });

  it('warns loudly where nothing but a lease is chosen, once', async () => {
    await start({ dialect: 'ignores-conditions' });
    const store = open({ writeOnce: 'lease-only' });
    expect(await store.open()).toBe('lease-only');
    expect(await store.create('a', bytes)).toBe(true);
    expect(await store.create('a', Buffer.from('other'))).toBe(false);
    expect(await store.read('a')).toEqual(bytes);
    expect(warnings).toEqual([expect.stringContaining('does not keep evidence from being replaced')]);
  });

  it('uses SHA-256 where the server takes it, and no checksum where it does not', async () => {
    await start();
    await open().create('with', bytes);
    sandbox.configure({ checksums: 'refused' });
    await open().create('without', bytes);
    expect(sandbox.journal().filter(({ code }) => code === 'NotImplemented')).toHaveLength(1);
    const refused = await rejection(open({}, { requestChecksumCalculation: 'WHEN_SUPPORTED' }).open());
    expect(refused).toMatchObject({ code: 'CONFIGURATION' });
    expect(refused.message).toContain("requestChecksumCalculation: 'WHEN_REQUIRED'");
  });

  it('is done once, again after it failed, and also by the first write', async () => {
    await start({ faults: [{ kind: 'error', status: 403, code: 'AccessDenied', times: 1 }] });
    const store = open();
    await expect(store.open()).rejects.toMatchObject({ code: 'EVIDENCE_STORE_FAILED', retryable: false });
    expect(await Promise.all([store.create('a', bytes), store.create('b', bytes), store.open()])).toEqual([
      true,
      true,
      'if-none-match',
    ]);
    expect(sandbox.journal().filter(({ operation }) => operation === 'ListObjectsV2')).toHaveLength(1);
  });

  it('says which permission is missing to distinguish a missing object from a forbidden one', async () => {
    await start();
    const store = open();
    // The first read is that of the probe's own object.
    sandbox.injectFault({ operation: 'GetObject', kind: 'slow', delayMs: 0, times: 1 });
    sandbox.injectFault({ operation: 'GetObject', kind: 'error', status: 403, code: 'AccessDenied' });
    await expect(store.open()).rejects.toThrow('s3:ListBucket');
  });

  it('warns when objects cannot be removed', async () => {
    await start({ faults: [{ operation: 'DeleteObject', kind: 'error', status: 403, code: 'AccessDenied' }] });
    expect(await open().open()).toBe('if-none-match');
    expect(warnings).toEqual([expect.stringContaining('may not delete objects')]);
  });

  it.each([
    [{ bucket: '' }, 'bucket'],
    [{ prefix: 'evidence' }, 'prefix'],
    [{ prefix: '/evidence/' }, 'prefix'],
    [{ writeOnce: 'always' as 'probe' }, 'writeOnce'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
  ])('is not begun with options that are wrong: %j', async (options, name) => {
    await start();
    expect(() => open(options)).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }));
    expect(() => open(options)).toThrow(`- ${name}: `);
  });
});

describe.each<S3Dialect>(['strict', 'cos'])('a write to a server of the dialect %s', (dialect) => {
  let store: S3EvidenceStore;

  beforeEach(async () => {
    await start({ dialect });
    store = open();
    await store.open();
  });

  it('whose response was lost is found to be ours', async () => {
    const fault = sandbox.injectFault({ operation: 'PutObject', kind: 'lost-response', times: 1 });
    expect(await store.create('a', bytes)).toBe(true);
    expect(fault.hits).toBe(1);
    expect(await store.create('a', bytes)).toBe(false);
  });

  it('is found to be ours too when every response was lost', async () => {
    sandbox.injectFault({ operation: 'PutObject', kind: 'lost-response' });
    expect(await store.create('a', bytes)).toBe(true);
  });

  it('whose response was lost is not ours when another one was first, with the same bytes too', async () => {
    await open().create('a', bytes);
    sandbox.injectFault({ operation: 'PutObject', kind: 'lost-response', times: 1 });
    expect(await store.create('a', bytes)).toBe(false);
    sandbox.injectFault({ operation: 'PutObject', kind: 'slow-down', times: 1 });
    expect(await store.create('a', bytes)).toBe(false);
  });

  it('is repeated after a conflict, a slow-down and a reset, and not lost to another write', async () => {
    for (const kind of ['conflict', 'slow-down', 'reset'] as const) {
      sandbox.injectFault({ operation: 'PutObject', kind, times: 1 });
      expect(await store.create(`a/${kind}`, bytes)).toBe(true);
      expect(sandbox.objects.get(`a/${kind}`)).toEqual(bytes);
    }
  });

  it('that never succeeds fails, retryable, and has stored nothing', async () => {
    for (const kind of ['conflict', 'slow-down', 'reset'] as const) {
      const fault = sandbox.injectFault({ operation: 'PutObject', kind });
      await expect(store.create('a', bytes)).rejects.toMatchObject({ code: 'EVIDENCE_STORE_FAILED', retryable: true });
      fault.clear();
      expect(await store.read('a')).toBeUndefined();
    }
  });

  it('in doubt fails when the store cannot be asked, and another attempt finds the object', async () => {
    sandbox.injectFault({ operation: 'PutObject', kind: 'lost-response', times: 3 });
    const fault = sandbox.injectFault({ operation: 'GetObject', kind: 'reset' });
    await expect(store.create('a', bytes)).rejects.toMatchObject({ code: 'EVIDENCE_STORE_FAILED' });
    fault.clear();
    expect(await store.create('a', bytes)).toBe(false);
  });

  it('ends at its time limit', async () => {
    sandbox.injectFault({ operation: 'GetObject', kind: 'hang' });
    const impatient = open({ timeoutMs: 50 });
    await expect(impatient.read('a')).rejects.toThrow('GetObject: TIMEOUT');
    expect(sandbox.journal().filter(({ fault }) => fault === 'hang').length).toBeLessThanOrEqual(1);
  });
});

describe('reads and lists', () => {
  beforeEach(async () => start());

  it('begin again when the connection ends in the middle', async () => {
    const store = open();
    await store.create('a', bytes);
    const fault = sandbox.injectFault({ operation: 'GetObject', kind: 'truncated', times: 2 });
    expect(await store.read('a')).toEqual(bytes);
    expect(fault.hits).toBe(2);
    sandbox.injectFault({ operation: 'GetObject', kind: 'truncated' });
    await expect(store.read('a')).rejects.toMatchObject({ code: 'EVIDENCE_STORE_FAILED', retryable: true });
  });

  it('do not take a missing bucket for a missing object', async () => {
    const store = open({ bucket: 'another' });
    for (const wanted of [() => store.read('a'), () => store.remove('a'), () => store.create('a', bytes)]) {
      await expect(wanted()).rejects.toMatchObject({ code: 'EVIDENCE_STORE_FAILED', retryable: false });
    }
  });

  it('have the objects of their prefix only, and none of the store itself', async () => {
    const mine = open({ prefix: 'mine/' });
    await mine.create('a', bytes);
    await open({ prefix: 'mine-too/' }).create('b', bytes);
    sandbox.objects.set('mine/.probe/left-behind', bytes);
    const names: string[] = [];
    for await (const name of mine.list('')) names.push(name);
    expect(names).toEqual(['a']);
    expect(await mine.read('b')).toBeUndefined();
  });
});

describe('what goes wrong', () => {
  it.each([
    ['a wrong secret', { secretAccessKey: 'another-secret-that-signs' }, 'SignatureDoesNotMatch'],
    ['an unknown key', { accessKeyId: 'AKIDUNKNOWNKEYID0000' }, 'InvalidAccessKeyId'],
  ])('shows nothing of keys, signatures and URLs: %s', async (_what, wrong, code) => {
    await start();
    const credentials = { ...sandbox.clientOptions.credentials, ...wrong };
    const store = open({}, { credentials });
    for (const wanted of [() => store.open(), () => store.read('secret/name'), () => store.remove('secret/name')]) {
      const error = await rejection(wanted());
      expect(error).toMatchObject({ code: 'EVIDENCE_STORE_FAILED', retryable: false, actor: 'developer' });
      expect(error.message).toContain(code);
      const shown = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error);
      for (const secret of [credentials.accessKeyId, credentials.secretAccessKey, 'AWS4-HMAC', 'secret/name', '?x-id'])
        expect(shown).not.toContain(secret);
      expect(shown).not.toMatch(/[0-9a-f]{64}/);
    }
    expect(inspect(store, { depth: 20, showHidden: true })).not.toContain(credentials.secretAccessKey);
  });

  it('names the operation, the code, the status and the request', async () => {
    await start({ faults: [{ kind: 'error', status: 403, code: 'AccessDenied' }] });
    const error = await rejection(open().read('a'));
    expect(error.message).toBe('the evidence store failed (GetObject: AccessDenied, HTTP 403, request SANDBOX)');
  });
});
