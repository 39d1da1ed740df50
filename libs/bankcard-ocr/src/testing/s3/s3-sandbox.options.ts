import type { Clock } from '../../runtime/clock.js';

/**
 * How a server takes the conditions of a write:
 * - `strict`: as Amazon S3: `If-None-Match: *` is honored: 412 when there is an object, 409 while another write is under way.
 * - `cos`: as Tencent COS: `x-cos-forbid-overwrite: true` is honored with 409 FileAlreadyExists, `If-None-Match` is not known.
 * - `cos-versioned`: a bucket of COS that has, or ever had, versioning: `x-cos-forbid-overwrite` has no effect.
 * - `ignores-conditions`: every write is accepted, whatever its conditions.
 * - `refuses-conditions`: a write with `If-None-Match` gets 501 NotImplemented.
 */
export type S3Dialect = 'strict' | 'cos' | 'cos-versioned' | 'ignores-conditions' | 'refuses-conditions';

/** The requests that {@link S3Sandbox} knows. */
export type S3Operation = 'PutObject' | 'GetObject' | 'HeadObject' | 'DeleteObject' | 'ListObjectsV2';

/** What a fault does. *Carried out* means that the object was written or removed, whatever the client learns of it. */
export type S3FaultEffect =
  /** Carried out when it arrives; the response comes `delayMs` later, in real time. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** No response; not carried out. Ends when the client goes or the sandbox stops. */
  | { readonly kind: 'hang' }
  /** Connection reset before any response; not carried out. */
  | { readonly kind: 'reset' }
  /** 503 SlowDown; not carried out. */
  | { readonly kind: 'slow-down' }
  /** 409 ConditionalRequestConflict; not carried out. */
  | { readonly kind: 'conflict' }
  /** Carried out, then the connection is closed without a response. */
  | { readonly kind: 'lost-response' }
  /** Carried out; headers promise the whole body, and the connection ends in the middle of it. */
  | { readonly kind: 'truncated' }
  /** This status and code; not carried out. */
  | { readonly kind: 'error'; readonly status: number; readonly code: string };

/** A fault to inject: which requests it hits and what it does. */
export type S3Fault = S3FaultEffect & {
  /** @default any */
  readonly operation?: S3Operation | undefined;
  /** Only requests for a key that contains this. @default any */
  readonly key?: string | undefined;
  /** How many requests are hit before the fault ends by itself. @default Infinity */
  readonly times?: number | undefined;
};

/** What can be changed while the sandbox runs, with the defaults. */
export const DEFAULT_S3_SETTINGS = {
  /** @default 'strict' */
  dialect: 'strict' as S3Dialect,
  /** Whether checksums (`x-amz-checksum-*`) are checked, or refused with 501 NotImplemented. @default 'checked' */
  checksums: 'checked' as 'checked' | 'refused',
  /** The most names that one page of a list has. @default 1000 */
  pageSize: 1_000,
  /** How far the clock of a client may be away, in milliseconds. @default 900_000 */
  maxSkewMs: 900_000,
};

export type S3SandboxSettings = typeof DEFAULT_S3_SETTINGS;

/** Options of {@link S3Sandbox.start}; every member is optional. */
export interface S3SandboxOptions extends Partial<S3SandboxSettings> {
  /** @default 20 random letters and digits */
  readonly accessKeyId?: string | undefined;
  /** @default 40 random letters and digits */
  readonly secretAccessKey?: string | undefined;
  /** The only bucket. @default 'evidence' */
  readonly bucket?: string | undefined;
  /** @default 'us-east-1' */
  readonly region?: string | undefined;
  /** Faults from the first request on. */
  readonly faults?: readonly S3Fault[] | undefined;
  /** TCP port. @default 0, any free one */
  readonly port?: number | undefined;
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** Compares the date of requests. @default new SystemClock() */
  readonly clock?: Clock | undefined;
}

/** One request; no key of an account, signature or content is in it. */
export interface S3JournalEntry {
  readonly at: number;
  readonly operation: S3Operation | 'unknown';
  /** Of an object, or the prefix of a list. */
  readonly key: string;
  /** 0 when there was no response. */
  status: number;
  /** Of an error. */
  code?: string;
  fault?: S3FaultEffect['kind'];
}

/** What an archive must not do to a store that is written once. */
export const S3_RULES = {
  overwritten: 'an object was written over another one: the evidence that it held is lost',
  'payload-unsigned': 'an object was written whose bytes are not part of the signature',
  'not-implemented':
    'a request that many servers do not have: multipart uploads, deleting many at once, chunks, trailers',
} as const;

/** A violation of one of the rules. */
export interface S3Violation {
  readonly kind: keyof typeof S3_RULES;
  readonly at: number;
  /** Of the object. */
  readonly key: string;
  readonly text: string;
}
