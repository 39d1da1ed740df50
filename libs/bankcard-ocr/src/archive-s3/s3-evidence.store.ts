import { createHash, randomUUID } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { EvidenceStore } from '../archive/evidence-store.js';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../errors/configuration-error.js';
import { sleep } from '../runtime/abort.js';
import { backoffMs, SYSTEM_RUNTIME } from '../runtime/random.js';
import { S3Failure } from './s3-failure.js';

/**
 * How a bucket is kept from replacing an object:
 * - `if-none-match`: Amazon S3, MinIO, Ceph and others honor `If-None-Match: *`.
 * - `cos-forbid-overwrite`: Tencent COS honors `x-cos-forbid-overwrite: true`, in buckets that never had versioning.
 * - `lease-only`: not at all. Something else must let only one process at a time keep an order.
 */
export type WriteOnce = 'if-none-match' | 'cos-forbid-overwrite' | 'lease-only';

/** Where an {@link S3EvidenceStore} keeps its objects. */
export interface S3EvidenceStoreOptions {
  /** Your client of `@aws-sdk/client-s3`, with its credentials, endpoint and proxy; your app destroys it. */
  readonly client: S3Client;
  /** It must exist. */
  readonly bucket: string;
  /** In front of every name, e.g. `evidence/`: empty, or ends with `/`. @default '' */
  readonly prefix?: string | undefined;
  /** `probe` tries `if-none-match`, then `cos-forbid-overwrite`; it never chooses `lease-only`. @default 'probe' */
  readonly writeOnce?: 'probe' | WriteOnce | undefined;
  /** Milliseconds that one request may take, the SDK's retries included. @default 30_000 */
  readonly timeoutMs?: number | undefined;
  /** Called with what an operator must know. @default process.emitWarning */
  readonly onWarning?: ((warning: string) => void) | undefined;
}

/** How objects are written to this bucket. */
interface Writing {
  readonly writeOnce: WriteOnce;
  /** Whether the store takes `x-amz-checksum-sha256`. */
  readonly checksums: boolean;
}

/** What is written, and its SHA-256. */
interface Content {
  readonly bytes: Buffer;
  readonly digest: Buffer;
}

const DEFAULT_TIMEOUT_MS = 30_000;
/** User metadata (`x-amz-meta-write-id`): whose write it was, when the response to it was lost. */
const WRITE_ID = 'write-id';
const MOST_CONFLICTS = 10;
const MOST_READS = 3;
/** Names that begin with a dot belong to the store, and are not listed. */
const PROBES = '.probe/';

/**
 * Objects in a bucket of a server that speaks S3, each in one request with its length and signed hash. {@link open} writes twice
 * to the same name: a bucket that accepts that is refused, unless you have chosen `lease-only`.
 *
 * @example
 * const client = new S3Client({ region: 'ap-guangzhou', requestChecksumCalculation: 'WHEN_REQUIRED' });
 * const store = new S3EvidenceStore({ client, bucket: 'evidence-1250000000' });
 * await store.open();
 */
export class S3EvidenceStore extends EvidenceStore {
  // Private to the class, so that nothing that leads to the client, which knows credentials, can be printed.
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #wanted: 'probe' | WriteOnce;
  readonly #timeoutMs: number;
  readonly #warn: (warning: string) => void;
  #writing: Promise<Writing> | undefined;

  /** @throws `BankCardOcrConfigurationError` */
  constructor(options: S3EvidenceStoreOptions) {
    super();
    const { client, bucket, prefix = '', writeOnce = 'probe', timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    checkOptions(bucket, prefix, writeOnce, timeoutMs);
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#wanted = writeOnce;
    this.#timeoutMs = timeoutMs;
    this.#warn = options.onWarning ?? ((warning) => process.emitWarning(warning, 'BankCardOcrWarning'));
  }

  /**
   * Probe the bucket: whether it is written once, and whether objects can be read, listed and removed. The first write does it
   * otherwise.
   *
   * @returns how the bucket is kept from replacing an object
   * @throws `BankCardOcrConfigurationError` when the bucket replaces objects, with what to do
   */
  override async open(): Promise<WriteOnce> {
    return (await this.#writingOf()).writeOnce;
  }

  async create(name: string, bytes: Buffer, sha256?: string): Promise<boolean> {
    const digest = sha256 === undefined ? createHash('sha256').update(bytes).digest() : Buffer.from(sha256, 'hex');
    return this.#create(name, { bytes, digest }, await this.#writingOf());
  }

  async read(name: string): Promise<Buffer | undefined> {
    return (await this.#get(name))?.bytes;
  }

  async remove(name: string): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + name });
    await missingIsFine(this.#send('DeleteObject', (options) => this.#client.send(command, options)));
  }

  async *list(prefix: string): AsyncIterable<string> {
    for await (const name of this.#names(prefix)) {
      if (!name.startsWith('.')) yield name;
    }
  }

  async #create(name: string, content: Content, writing: Writing): Promise<boolean> {
    const writeId = randomUUID();
    if (writing.writeOnce === 'lease-only' && (await this.#get(name))) return false;
    let isInDoubt = false;
    for (let conflicts = 0; ;) {
      try {
        await this.#put(name, content, writeId, writing);
        return true;
      } catch (error) {
        if (!(error instanceof S3Failure)) throw error;
        isInDoubt ||= error.isInDoubt;
        if (error.saysExists && !isInDoubt) return false;
        if (error.saysConflict && (conflicts += 1) <= MOST_CONFLICTS) {
          await sleep(SYSTEM_RUNTIME.clock, backoffMs(conflicts, 20, 1_000));
          continue;
        }
        const isOurs = isInDoubt ? await this.#isOurs(name, content.bytes, writeId, error) : undefined;
        if (isOurs === undefined) throw error;
        return isOurs;
      }
    }
  }

  /** Whether what is there was written by this call; undefined when nothing is there. @throws `error` when that cannot be found out */
  async #isOurs(name: string, bytes: Buffer, writeId: string, error: S3Failure): Promise<boolean | undefined> {
    const found = await this.#get(name).catch(() => {
      throw error;
    });
    if (!found) return undefined;
    // A server may drop user metadata; then equal bytes are as good as ours.
    return found.writeId === undefined ? found.bytes.equals(bytes) : found.writeId === writeId;
  }

  async #put(
    name: string,
    { bytes, digest }: Content,
    writeId: string,
    { writeOnce, checksums }: Writing,
  ): Promise<void> {
    const command = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: this.#prefix + name,
      Body: bytes,
      ContentLength: bytes.length,
      ContentType: 'application/octet-stream',
      Metadata: { [WRITE_ID]: writeId },
      ...(writeOnce === 'if-none-match' && { IfNoneMatch: '*' }),
      // With one of its own the SDK adds none: CRC32 is not known to every server.
      ...(checksums && { ChecksumSHA256: digest.toString('base64') }),
    });
    command.middlewareStack.add(
      (next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        // The signature is over it. The SDK does not hash a payload whose hash is there.
        headers['x-amz-content-sha256'] = digest.toString('hex');
        // Before it is signed, so that nothing on the way can take it off.
        if (writeOnce === 'cos-forbid-overwrite') headers['x-cos-forbid-overwrite'] = 'true';
        return next(args);
      },
      { step: 'build', name: 'evidence' },
    );
    await this.#send('PutObject', (options) => this.#client.send(command, options));
  }

  /** A connection that ends in the middle of an object is no concern of the SDK any more. */
  async #get(name: string): Promise<{ bytes: Buffer; writeId: string | undefined } | undefined> {
    const get = async (options: { abortSignal: AbortSignal }) => {
      const command = new GetObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + name });
      const { Body, Metadata } = await this.#client.send(command, options);
      const { buffer, byteOffset, byteLength } = (await Body?.transformToByteArray()) ?? Buffer.alloc(0);
      // The same memory: a photo is large.
      return { bytes: Buffer.from(buffer, byteOffset, byteLength), writeId: Metadata?.[WRITE_ID] };
    };
    for (let reads = 1; ; reads += 1) {
      try {
        return await missingIsFine(this.#send('GetObject', get));
      } catch (error) {
        if (!(error instanceof S3Failure) || error.isPermanent || error.isLate || reads === MOST_READS) throw error;
        await sleep(SYSTEM_RUNTIME.clock, backoffMs(reads, 100, 1_000));
      }
    }
  }

  async *#names(prefix: string): AsyncIterable<string> {
    const wanted = this.#prefix + prefix;
    let last = '';
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: wanted,
        ...(token !== undefined && { ContinuationToken: token }),
      });
      const page = await this.#send('ListObjectsV2', (options) => this.#client.send(command, options));
      for (const { Key: key = '' } of page.Contents ?? []) {
        if (!key.startsWith(wanted) || key <= last) throw unusable(LISTS_WRONGLY);
        last = key;
        yield key.slice(this.#prefix.length);
      }
      const next = page.IsTruncated ? page.NextContinuationToken : undefined;
      if (page.IsTruncated && (next === undefined || next === token)) throw unusable(LISTS_WRONGLY);
      token = next;
    } while (token !== undefined);
  }

  async #send<T>(operation: string, send: (options: { abortSignal: AbortSignal }) => Promise<T>): Promise<T> {
    const abortSignal = AbortSignal.timeout(this.#timeoutMs);
    try {
      return await send({ abortSignal });
    } catch (error) {
      throw new S3Failure(operation, error, abortSignal.aborted);
    }
  }

  #writingOf(): Promise<Writing> {
    this.#writing ??= this.#probe().catch((error: unknown) => {
      this.#writing = undefined;
      throw error;
    });
    return this.#writing;
  }

  /** Find out by trying: what a server claims to be says nothing about what it does. */
  async #probe(): Promise<Writing> {
    const probes: string[] = [];
    try {
      const writing = await this.#tryWriting(probes);
      await this.#tryReading(probes.at(-1)!);
      return writing;
    } finally {
      await this.#removeProbes(probes);
    }
  }

  async #tryWriting(probes: string[]): Promise<Writing> {
    const wanted: WriteOnce[] = this.#wanted === 'probe' ? ['if-none-match', 'cos-forbid-overwrite'] : [this.#wanted];
    let refusal: S3Failure | undefined;
    let isReplacing = false;
    for (const writeOnce of wanted) {
      for (const checksums of [true, false]) {
        const name = `${PROBES}${randomUUID()}`;
        probes.push(name);
        const writing = { writeOnce, checksums };
        try {
          if (!(await this.#create(name, FIRST, writing))) throw unusable(EXISTS_WRONGLY);
          if (writeOnce === 'lease-only') {
            this.#warn(LEASE_ONLY_WARNING);
            return writing;
          }
          const isRefused = !(await this.#create(name, SECOND, writing));
          if (isRefused && (await this.read(name))?.equals(FIRST.bytes)) return writing;
          isReplacing = true;
          break;
        } catch (error) {
          if (!(error instanceof S3Failure) || !error.saysUnsupported) throw error;
          refusal = error;
        }
      }
    }
    throw isReplacing ? unusable(REPLACES) : unusable(REFUSES, refusal);
  }

  async #tryReading(probe: string): Promise<void> {
    try {
      await this.read(`${PROBES}${randomUUID()}`);
    } catch (error) {
      // Without that permission S3 reports missing objects as forbidden.
      throw error instanceof S3Failure && error.saysForbidden ? unusable(NEEDS_LIST, error) : error;
    }
    for await (const name of this.#names(PROBES)) {
      if (name === probe) return;
    }
    throw unusable(LISTS_WRONGLY);
  }

  async #removeProbes(probes: readonly string[]): Promise<void> {
    for (const name of probes) {
      try {
        await this.remove(name);
      } catch (error) {
        if (error instanceof S3Failure && error.saysForbidden) return this.#warn(KEEPS_WARNING);
      }
    }
  }
}

const [FIRST, SECOND] = ['first', 'second'].map((text): Content => {
  const bytes = Buffer.from(text);
  return { bytes, digest: createHash('sha256').update(bytes).digest() };
}) as [Content, Content];

const REPLACES = new Problem(
  'the bucket accepts a second write to the same name, so it is not write-once. On Tencent COS use a bucket that never had ' +
    'versioning; elsewhere a server that honors If-None-Match. Set lease-only only where a lease lets one process at a time ' +
    'keep an order',
  '存储桶允许同名对象被覆盖，不满足一次写入。腾讯云 COS 请使用从未开启过版本控制的存储桶；其他服务须支持 If-None-Match。' +
    '仅当租约可保证同一订单只由一个进程存证时，才可设为 lease-only',
);
const REFUSES = new Problem(
  'the server refuses the write-once header and the checksum. Set requestChecksumCalculation: ' +
    "'WHEN_REQUIRED' on the client; if that does not help, the server cannot keep evidence",
  '服务器拒绝一次写入请求头和校验和。请在客户端设置 requestChecksumCalculation: ' +
    "'WHEN_REQUIRED'；如仍失败，则该服务不能用于存证",
);
const EXISTS_WRONGLY = new Problem(
  'the server says of a new random name that it exists: check the endpoint and the bucket',
  '服务器称全新的随机名称已存在：请检查 endpoint 和存储桶',
);
const LISTS_WRONGLY = new Problem(
  'the server lists names out of order, or not all of them: directory buckets (S3 Express) cannot keep evidence',
  '服务器返回的对象列表顺序有误或不完整：目录存储桶（S3 Express）不能用于存证',
);
const NEEDS_LIST = new Problem(
  'the credentials may not list the bucket, so a missing object looks like a forbidden one: grant s3:ListBucket',
  '凭证没有列出存储桶的权限，无法区分对象不存在与无权访问：请授予 s3:ListBucket',
);
const LEASE_ONLY_WARNING =
  "writeOnce is 'lease-only': the bucket does not keep evidence from being replaced. Two processes that keep the same order at " +
  'the same time lose one of two results';
const KEEPS_WARNING =
  'the credentials may not delete objects: erased photos and objects of lost attempts stay in the bucket, encrypted';

function unusable(problem: Problem, cause?: unknown): BankCardOcrConfigurationError {
  return new BankCardOcrConfigurationError([configurationIssue('writeOnce', problem)], cause);
}

function checkOptions(bucket: string, prefix: string, writeOnce: string, timeoutMs: number): void {
  const issues = [
    bucket === '' && configurationIssue('bucket', new Problem('must be the name of a bucket', '必须是存储桶名称')),
    !/^$|^[^/].*\/$/.test(prefix) &&
      configurationIssue(
        'prefix',
        new Problem("must be empty, or end with '/' and not begin with it", "必须为空，或以 '/' 结尾且不以 '/' 开头"),
      ),
    !['probe', 'if-none-match', 'cos-forbid-overwrite', 'lease-only'].includes(writeOnce) &&
      configurationIssue(
        'writeOnce',
        new Problem(
          'must be probe, if-none-match, cos-forbid-overwrite or lease-only',
          '必须是 probe、if-none-match、cos-forbid-overwrite 或 lease-only',
        ),
      ),
    !(timeoutMs > 0 && timeoutMs < 2 ** 31) &&
      configurationIssue('timeoutMs', new Problem('must be a positive number of milliseconds', '必须是正的毫秒数')),
  ].filter((issue) => issue !== false);
  if (issues.length > 0) throw new BankCardOcrConfigurationError(issues);
}

async function missingIsFine<T>(response: Promise<T>): Promise<T | undefined> {
  return response.catch((error: unknown) => {
    if (error instanceof S3Failure && error.saysMissing) return undefined;
    throw error;
  });
}
