import { PHOTO_KINDS, type PhotoKind } from '../card/card-photo.js';
import type { Scalar } from '../card/extra-fields.js';
import { EvidenceDamage, FINDINGS } from './finding.js';
import { seal, sha256, SUITE, unseal } from './sealing.js';

/** How an order came into the archive; nothing in it is about a person. */
export interface Custody {
  /** Where it was asked for: `https://host`. */
  readonly host: string;
  /** The machine that asked, and the version of this library. */
  readonly keptBy: string;
  readonly libraryVersion: string;
  /** When the query began and ended, by the clock of that machine; ISO 8601, UTC. */
  readonly requestedAt: string;
  readonly receivedAt: string;
  /** `operateTime`: when Tencent recognized the card. */
  readonly operatedAt?: string;
  // Manifests of earlier versions do not have the following.
  /** How many requests it took, retries and polls for late photos included. */
  readonly attempts?: number;
  /** When the request was sent that has brought the order, by the clock of that machine. */
  readonly sentAt?: string;
  /** `transactionTime`: when Tencent responded, by its own clock. */
  readonly transactionTime?: string;
  /** By how many milliseconds the clock of that machine was ahead of Tencent's, as far as the header `Date` of whole seconds says. */
  readonly clockOffsetMs?: number;
  /** SHA-256 of the TLS certificate (DER) that the host has shown, 64 hexadecimal digits; missing without TLS. */
  readonly peerCertificateSha256?: string;
}

export const OMITTABLE = [...PHOTO_KINDS, 'validity'] as const;
/** A part of the evidence that the option `omit` leaves out. */
export type OmittedPart = (typeof OMITTABLE)[number];

/** An encrypted object of an order. */
export interface ManifestObject {
  readonly kind: PhotoKind;
  readonly name: string;
  /** Of the ciphertext: it can be checked without a key, also after erasure. */
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * The commit of an order: it is written last, and once. What is in clear can be checked with the store alone; what is
 * sealed needs the data key of the order. PCI DSS 3.5.1: no masked number and no fingerprint of the card is in clear.
 */
export interface Manifest {
  readonly version: 1;
  /** The order number as a keyed hash. */
  readonly ref: string;
  readonly suite: typeof SUITE;
  /** The retention class that the application gave. */
  readonly retentionClass: string;
  readonly keptAt: string;
  readonly custody: Custody;
  readonly objects: readonly ManifestObject[];
  /** Kinds that Tencent never sent, or that came damaged. */
  readonly missing: readonly PhotoKind[];
  /** What the configuration of the archive leaves out, whether it came or not; absent when it is nothing. */
  readonly omitted?: readonly OmittedPart[];
  /** The encrypted part in Base64, bound to everything above: nothing of it can be changed without the key of the order. */
  readonly sealed: string;
}

/** What of a manifest is in clear. */
export type ClearPart = Omit<Manifest, 'sealed'>;

/** What only the key of the order opens. */
export interface SealedPart {
  readonly orderNo: string;
  readonly cardNumber: string;
  /** Missing when it is left out by configuration. */
  readonly validity?: string;
  readonly warnings: readonly string[];
  readonly clarity?: number;
  readonly bizSeqNo?: string;
  readonly extra: readonly (readonly [string, Scalar])[];
  readonly photos: readonly {
    readonly kind: PhotoKind;
    readonly mediaType: string;
    readonly size: number;
    readonly sha256: string;
  }[];
}

const ROOT = 'orders';

/** Where everything of an order is. */
export function folderOf(ref: string): string {
  return `${ROOT}/${ref.slice(0, 2)}/${ref}/`;
}

export const ORDERS = `${ROOT}/`;

export function manifestName(ref: string): string {
  return `${folderOf(ref)}manifest.json`;
}

/** The name of an object: no two attempts share one. */
export function objectName(ref: string, startedAtMs: number, attemptId: string, kind: PhotoKind): string {
  return `${folderOf(ref)}${Math.round(startedAtMs)}-${attemptId}-${kind}`;
}

/** Parse the name of an object; undefined for anything else. */
export function readObjectName(name: string): { ref: string; startedAtMs: number; kind: string } | undefined {
  const [, shard, ref, startedAt, kind] =
    /^orders\/([0-9a-f]{2})\/([0-9a-f]{64})\/(\d{1,16})-[0-9a-f]{16}-\d+-([A-Za-z]+)$/.exec(name) ?? [];
  if (ref === undefined || kind === undefined || !ref.startsWith(shard!)) return undefined;
  return { ref, startedAtMs: Number(startedAt), kind };
}

/** The reference of the order whose manifest this is; undefined for any other object. */
export function refOfManifest(name: string): string | undefined {
  return /^orders\/[0-9a-f]{2}\/([0-9a-f]{64})\/manifest\.json$/.exec(name)?.[1];
}

/** Binds an object to the order and to what it is: no object can take the place of another. */
export function contextOf(ref: string, kind: PhotoKind | 'result'): string {
  return `evidence 1|${ref}|${kind}`;
}

function contextOfPart(clear: ClearPart): string {
  return `${contextOf(clear.ref, 'result')}|${sha256(JSON.stringify(clear))}`;
}

export function sealPart(key: Buffer, clear: ClearPart, part: SealedPart): Manifest {
  const sealed = seal(key, contextOfPart(clear), Buffer.from(JSON.stringify(part)));
  return { ...clear, sealed: sealed.toString('base64') };
}

/** @throws `BankCardOcrError` `EVIDENCE_DAMAGED` */
export function openPart(key: Buffer, { sealed, ...clear }: Manifest): SealedPart {
  try {
    return JSON.parse(unseal(key, contextOfPart(clear), Buffer.from(sealed, 'base64')).toString()) as SealedPart;
  } catch {
    throw new EvidenceDamage(FINDINGS.manifestChanged());
  }
}

/** @throws `BankCardOcrError` `EVIDENCE_DAMAGED` */
export function readManifest(bytes: Buffer, ref: string): Manifest {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(bytes.toString()) as Manifest;
  } catch {
    throw unreadable('is no JSON', '不是 JSON');
  }
  if (typeof manifest !== 'object' || manifest === null) throw unreadable('is no JSON object', '不是 JSON 对象');
  if (manifest.version !== 1 || manifest.suite !== SUITE) {
    throw unreadable('has a version that is not known', '版本无法识别');
  }
  if (manifest.ref !== ref) throw unreadable('is that of another order', '属于其他订单');
  if (Number.isNaN(Date.parse(manifest.keptAt))) throw unreadable('has no time', '没有时间');
  // Erasure removes what it names, without a key to check it by: nothing but objects of the order.
  if (!Array.isArray(manifest.objects) || !manifest.objects.every((object) => isObjectOf(ref, object))) {
    throw unreadable('names objects that are not of its order', '引用了不属于该订单的对象');
  }
  return manifest;
}

function isObjectOf(ref: string, { kind, name }: ManifestObject): boolean {
  const found = typeof name === 'string' ? readObjectName(name) : undefined;
  return found?.ref === ref && found.kind === kind && PHOTO_KINDS.includes(kind);
}

function unreadable(why: string, whyZh: string): EvidenceDamage {
  return new EvidenceDamage(FINDINGS.manifestUnreadable(why, whyZh));
}
