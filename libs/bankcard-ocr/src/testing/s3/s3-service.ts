import type { Clock } from '../../runtime/clock.js';
import { EvidenceLog } from '../evidence/evidence.js';
import { checksumHeaders, checksumOf, element, escaped, etagOf, type S3Object, sortedKeys, xml } from './s3-objects.js';
import {
  S3_RULES,
  type S3JournalEntry,
  type S3Operation,
  type S3SandboxSettings,
  type S3Violation,
} from './s3-sandbox.options.js';
import { checkSignature, isPayloadSigned, type SignedRequestParts } from './signature-v4.js';

/** A response before it is sent. */
export interface S3Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly code?: string;
}

/** Who may use the sandbox. */
export interface S3Account {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly bucket: string;
}

/** Path and query of a request, read. */
export interface S3Target {
  readonly operation: S3Operation | 'unknown';
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
}

const OBJECT_OPERATIONS: Readonly<Record<string, S3Operation>> = {
  PUT: 'PutObject',
  GET: 'GetObject',
  HEAD: 'HeadObject',
  DELETE: 'DeleteObject',
};
/** A parameter that SDKs send to say which operation they mean. */
const HARMLESS_PARAMETER = 'x-id';
const LIST_PARAMETERS = /^(list-type|prefix|max-keys|continuation-token|start-after|encoding-type|fetch-owner|x-id)$/;

/** The objects of a bucket and what may be done to them, without connections. */
export class S3Service {
  readonly objects = new Map<string, S3Object>();
  readonly journal = new EvidenceLog<S3JournalEntry>(this);
  readonly violations = new EvidenceLog<S3Violation>(this);
  /** Keys that a write is under way to, from the head of its request to its end. */
  readonly writing = new Map<string, number>();

  constructor(
    readonly account: S3Account,
    readonly clock: Clock,
    readonly settings: S3SandboxSettings,
  ) {}

  targetOf(method: string, target: string): S3Target {
    const [path = '', search = ''] = target.split(/\?(.*)/s);
    const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
    const query = new URLSearchParams(search);
    const operation = operationOf(method, key, query);
    return { operation, bucket, key: decodeURIComponent(key), query };
  }

  /** Carry out a request that has come whole. */
  respond(target: S3Target, request: SignedRequestParts): S3Response {
    const { clock, account, settings } = this;
    const fault = checkSignature(request, { ...account, nowMs: clock.now(), maxSkewMs: settings.maxSkewMs });
    if (fault) {
      if (fault.status === 501) this.#violated('not-implemented', target.key);
      return failure(fault.status, fault.code, fault.message, fault.details);
    }
    if (target.bucket !== account.bucket) {
      return failure(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: target.bucket });
    }
    switch (target.operation) {
      case 'PutObject':
        return this.#put(target, request);
      case 'GetObject':
        return this.#get(target, request);
      case 'HeadObject':
        return { ...this.#get(target, request), body: '' };
      case 'DeleteObject':
        this.objects.delete(target.key);
        return { status: 204 };
      case 'ListObjectsV2':
        return this.#list(target.query);
      default:
        this.#violated('not-implemented', target.key);
        return failure(
          501,
          'NotImplemented',
          'A header or parameter you provided implies functionality that is not implemented.',
        );
    }
  }

  #put({ key }: S3Target, request: SignedRequestParts): S3Response {
    const { headers, body } = request;
    if (Buffer.byteLength(key) > 1_024) return failure(400, 'KeyTooLongError', 'Your key is too long');
    const isThere = this.objects.has(key);
    const refusal = this.#refusalOf(key, headers, isThere) ?? this.#checksumFault(headers, body);
    if (refusal) return refusal;
    if (!isPayloadSigned(request)) this.#violated('payload-unsigned', key);
    if (isThere) this.#violated('overwritten', key);
    const kept = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'));
    const checksums = checksumHeaders(headers).map((name) => [name, headers[name]]);
    const stored = Object.fromEntries([...kept, ...checksums]) as Record<string, string>;
    this.objects.set(key, { bytes: body, headers: stored, modifiedAt: this.clock.now() });
    return { status: 200, headers: { etag: etagOf(body) } };
  }

  /** What the conditions of a write lead to, by dialect. */
  #refusalOf(key: string, headers: SignedRequestParts['headers'], isThere: boolean): S3Response | undefined {
    const { dialect } = this.settings;
    const condition = headers['if-none-match'];
    if (dialect === 'cos' && headers['x-cos-forbid-overwrite'] === 'true' && isThere) {
      return failure(409, 'FileAlreadyExists', 'The object you specified already exists and can not be overwritten.');
    }
    if (condition === undefined || dialect.startsWith('cos') || dialect === 'ignores-conditions') return undefined;
    if (dialect === 'refuses-conditions' || condition !== '*') {
      return failure(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented', {
        Header: 'If-None-Match',
      });
    }
    if (isThere) {
      return failure(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
        Condition: 'If-None-Match',
      });
    }
    if ((this.writing.get(key) ?? 0) > 1) {
      return failure(409, 'ConditionalRequestConflict', 'A conflicting operation occurred. Retry the request.', {
        Key: key,
      });
    }
    return undefined;
  }

  #checksumFault(headers: SignedRequestParts['headers'], body: Buffer): S3Response | undefined {
    const md5 = headers['content-md5'];
    if (md5 !== undefined && Buffer.from(String(md5), 'base64').toString('hex') !== etagOf(body).slice(1, -1)) {
      return failure(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.');
    }
    for (const name of checksumHeaders(headers)) {
      const expected = this.settings.checksums === 'checked' ? checksumOf(name, body) : undefined;
      if (expected === undefined) {
        return failure(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented', {
          Header: name,
        });
      }
      if (expected !== headers[name]) {
        return failure(
          400,
          'BadDigest',
          `The ${name.slice(15).toUpperCase()} you specified did not match the calculated checksum.`,
        );
      }
    }
    return undefined;
  }

  #get({ key }: S3Target, { headers }: SignedRequestParts): S3Response {
    const found = this.objects.get(key);
    if (!found) return failure(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key });
    const withChecksums = headers['x-amz-checksum-mode'] === 'ENABLED';
    const shown = Object.entries(found.headers).filter(([name]) => withChecksums || name.startsWith('x-amz-meta-'));
    return {
      status: 200,
      headers: {
        ...Object.fromEntries(shown),
        etag: etagOf(found.bytes),
        'content-type': 'binary/octet-stream',
        'content-length': String(found.bytes.length),
        'last-modified': new Date(found.modifiedAt).toUTCString(),
      },
      body: found.bytes,
    };
  }

  #list(query: URLSearchParams): S3Response {
    const token = query.get('continuation-token');
    const after = token === null ? (query.get('start-after') ?? '') : keyOfToken(token);
    const wanted = Number(query.get('max-keys') ?? '1000');
    if (!Number.isInteger(wanted) || wanted < 0) return failure(400, 'InvalidArgument', 'max-keys is not an integer');
    if (after === undefined) return failure(400, 'InvalidArgument', 'The continuation token provided is incorrect');
    const prefix = query.get('prefix') ?? '';
    const found = sortedKeys(this.objects, prefix).filter((key) => key > after);
    const page = found.slice(0, Math.min(wanted, this.settings.pageSize));
    const isTruncated = page.length < found.length && page.length > 0;
    const shown = (text: string): string => {
      return escaped(query.get('encoding-type') === 'url' ? encodeURIComponent(text).replaceAll('%2F', '/') : text);
    };
    const contents = page.map((key) => {
      const { bytes, modifiedAt } = this.objects.get(key)!;
      const facts = [
        element('Key', shown(key)),
        element('LastModified', new Date(modifiedAt).toISOString()),
        element('ETag', escaped(etagOf(bytes))),
        element('Size', String(bytes.length)),
        element('StorageClass', 'STANDARD'),
      ];
      return element('Contents', facts.join(''));
    });
    const head = [
      element('Name', this.account.bucket),
      element('Prefix', shown(prefix)),
      element('KeyCount', String(page.length)),
      element('MaxKeys', String(wanted)),
      element('IsTruncated', String(isTruncated)),
      isTruncated ? element('NextContinuationToken', tokenOfKey(page.at(-1)!)) : '',
    ];
    return {
      status: 200,
      headers: { 'content-type': 'application/xml' },
      body: xml('ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"', [...head, ...contents].join('')),
    };
  }

  #violated(kind: S3Violation['kind'], key: string): void {
    this.violations.add({ kind, key, text: S3_RULES[kind] });
  }
}

function operationOf(method: string, key: string, query: URLSearchParams): S3Operation | 'unknown' {
  const names = [...query.keys()];
  if (key !== '') {
    const isPlain = names.every((name) => name === HARMLESS_PARAMETER);
    return (isPlain && OBJECT_OPERATIONS[method]) || 'unknown';
  }
  const isList = query.get('list-type') === '2' && names.every((name) => LIST_PARAMETERS.test(name));
  return method === 'GET' && isList ? 'ListObjectsV2' : 'unknown';
}

/** An error as S3 writes it. */
export function failure(
  status: number,
  code: string,
  message: string,
  details: Readonly<Record<string, string>> = {},
): S3Response {
  const facts = Object.entries({ Code: code, Message: message, ...details, RequestId: 'SANDBOX', HostId: 'sandbox' });
  const body = xml('Error', facts.map(([name, value]) => element(name, escaped(value))).join(''));
  return { status, code, headers: { 'content-type': 'application/xml' }, body };
}

/** A token means nothing to a client. */
function tokenOfKey(key: string): string {
  return Buffer.from(`after ${key}`).toString('base64url');
}

function keyOfToken(token: string): string | undefined {
  return /^after (.*)$/s.exec(Buffer.from(token, 'base64url').toString())?.[1];
}
