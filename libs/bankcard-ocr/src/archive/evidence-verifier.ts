import { createHash, type X509Certificate } from 'node:crypto';
import { PHOTO_KINDS } from '../card/card-photo.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { Clock } from '../runtime/clock.js';
import { type AuditLog, dayOf, type LogEntry, TIMESTAMP } from './audit-log.js';
import type { EvidenceStore } from './evidence-store.js';
import { EvidenceDamage, type Finding, FINDINGS } from './finding.js';
import type { KeyStore } from './key-store.js';
import {
  contextOf,
  type Manifest,
  type ManifestObject,
  manifestName,
  openPart,
  ORDERS,
  readManifest,
  refOfManifest,
} from './manifest.js';
import { decisionName, type OrderHistory, readHistory } from './order-history.js';
import { sha256, unseal } from './sealing.js';
import { readTimestamp, TimestampRefused } from './timestamp-token.js';

/** What was checked of an order or of a day; no finding says that nothing was changed. */
export interface Verification {
  /** The reference of an order, or the day (`yyyy-mm-dd`, China time) whose log, root or timestamp was checked. */
  readonly ref: string;
  readonly findings: readonly Finding[];
}

/** One of many verifications. */
export interface VerificationStep extends Verification {
  /** How many entries of the log were checked, and how many there are: manifests, decisions and timestamps. */
  readonly done: number;
  readonly total: number;
}

interface VerifierOptions {
  readonly store: EvidenceStore;
  readonly keys: KeyStore;
  readonly clock: Clock;
  readonly log: AuditLog;
  readonly refOf: (orderNo: string) => Promise<string>;
  /** Certificates of CAs; undefined leaves the chains of timestamps unchecked. */
  readonly trusted: readonly X509Certificate[] | undefined;
}

/** Reads and hashes again what is stored. Changes nothing, and throws only what the stores throw. */
export class EvidenceVerifier {
  constructor(private readonly options: VerifierOptions) {}

  /** Check an order whose manifest has these bytes. */
  async verifyOrder(ref: string, bytes: Buffer, orderNo?: string): Promise<Verification> {
    const { store, clock, log } = this.options;
    const findings: Finding[] = [];
    let manifest: Manifest;
    try {
      manifest = readManifest(bytes, ref);
    } catch (error) {
      return { ref, findings: [findingOf(error)] };
    }
    let history: OrderHistory | undefined;
    try {
      history = await readHistory(store, ref, clock.now());
    } catch (error) {
      findings.push(findingOf(error));
    }
    const isErased = history?.isErased === true;
    const key = await this.#keyOf(ref);
    if (key === 'unreadable') findings.push(FINDINGS.keyUnreadable());
    else if (isErased && key) findings.push(FINDINGS.keyNotErased());
    else if (!isErased && !key) findings.push(FINDINGS.keyMissing());
    const readable = isErased || key === 'unreadable' ? undefined : key;
    findings.push(...(await this.#checkContent(manifest, readable, isErased, orderNo)));
    for (const { entry, day } of history ? writtenOf(manifest, bytes, history) : []) {
      if (await log.has(entry, day)) continue;
      findings.push(entry.number === 0 ? FINDINGS.manifestNotLogged() : FINDINGS.decisionNotLogged(entry.number));
    }
    return { ref, findings };
  }

  /**
   * Check one day: its root, the root before, its timestamp, and everything that was written on it.
   * @param copy the root that somebody has noted outside of the archive
   */
  async *verifyDay(day: string, copy?: string): AsyncGenerator<VerificationStep> {
    const entries = await this.options.log.entries(day);
    yield* this.#verifyEntries(day, entries, { done: 0, total: entries.length }, copy);
  }

  /** Check every day, and that no order is in the store without being in the log. */
  async *verifyAll(): AsyncGenerator<VerificationStep> {
    const { log, store } = this.options;
    const counts = await log.counts();
    const progress = { done: 0, total: [...counts.values()].reduce((sum, count) => sum + count, 0) };
    for (const day of counts.keys()) yield* this.#verifyEntries(day, await log.entries(day), progress);
    for await (const name of store.list(ORDERS)) {
      const ref = refOfManifest(name);
      const bytes = ref === undefined ? undefined : await store.read(name);
      if (ref === undefined || !bytes || (await this.#isLogged(ref, bytes))) continue;
      yield { ...(await this.verifyOrder(ref, bytes)), ...progress };
    }
  }

  async *#verifyEntries(
    day: string,
    entries: readonly LogEntry[],
    progress: { done: number; readonly total: number },
    copy?: string,
  ): AsyncGenerator<VerificationStep> {
    const { store, log } = this.options;
    const ofDay = [...(await log.check(day, entries, copy)), ...(await this.#checkTimestamp(day))];
    if (ofDay.length > 0) yield { ref: day, findings: ofDay, ...progress };
    for (const { ref, number, sha256: expected } of entries) {
      progress.done += 1;
      if (ref === TIMESTAMP) {
        const stamped = String(number).replace(/^(\d{4})(\d\d)/, '$1-$2-');
        const findings = findingsOf(await log.tokenOf(stamped), expected, {
          missing: () => FINDINGS.timestampMissing(stamped),
          replaced: () => FINDINGS.timestampReplaced(stamped),
        });
        if (findings.length > 0) yield { ref: stamped, findings, ...progress };
      } else if (number === 0) {
        const bytes = await store.read(manifestName(ref));
        const findings = findingsOf(bytes, expected, {
          missing: FINDINGS.manifestMissing,
          replaced: FINDINGS.manifestReplaced,
        });
        if (findings.length > 0 || !bytes) yield { ref, findings, ...progress };
        else yield { ...(await this.verifyOrder(ref, bytes)), ...progress };
      } else {
        const findings = findingsOf(await store.read(decisionName(ref, number)), expected, {
          missing: () => FINDINGS.decisionMissing(number),
          replaced: () => FINDINGS.decisionReplaced(number),
        });
        if (findings.length > 0) yield { ref, findings, ...progress };
      }
    }
  }

  async #checkTimestamp(day: string): Promise<Finding[]> {
    const { log, trusted } = this.options;
    const [token, root] = [await log.tokenOf(day), await log.storedRoot(day)];
    // A timestamp without its root is reported as a root that is missing.
    if (!token || !root) return [];
    const findings: Finding[] = [];
    try {
      readTimestamp(token, createHash('sha256').update(root).digest(), trusted);
    } catch (error) {
      if (!(error instanceof TimestampRefused)) throw error;
      findings.push(FINDINGS.timestampInvalid(day, error.why, error.whyZh));
    }
    const { isLogged } = await log.tokenEntry(day, token);
    return isLogged ? findings : [...findings, FINDINGS.timestampNotLogged(day)];
  }

  /** Ciphertexts by their hashes in clear; with the key, what is in them, too. */
  async #checkContent(
    manifest: Manifest,
    key: Buffer | undefined,
    isErased: boolean,
    orderNo: string | undefined,
  ): Promise<Finding[]> {
    const { ref, objects } = manifest;
    const findings: Finding[] = [];
    let inClear: ReadonlyMap<string, string> | undefined;
    try {
      const part = key && openPart(key, manifest);
      if (part && ((orderNo !== undefined && part.orderNo !== orderNo) || (await this.#refOf(part.orderNo)) !== ref)) {
        findings.push(FINDINGS.resultReplaced());
      }
      inClear = part && new Map(part.photos.map(({ kind, sha256: hash }) => [kind, hash]));
    } catch (error) {
      findings.push(findingOf(error));
    }
    for (const object of objects) {
      const sealed = await this.options.store.read(object.name);
      if (!sealed) {
        if (!isErased) findings.push(FINDINGS.photoMissing(object.kind));
      } else if (sealed.length !== object.bytes || sha256(sealed) !== object.sha256) {
        findings.push(FINDINGS.photoChanged(object.kind));
      } else if (key && inClear) {
        try {
          openPhoto(manifest, object, key, sealed, inClear.get(object.kind));
        } catch (error) {
          findings.push(findingOf(error));
        }
      }
    }
    const unlisted = PHOTO_KINDS.filter((kind) => inClear?.has(kind) && !objects.some((one) => one.kind === kind));
    return [...findings, ...unlisted.map((kind) => FINDINGS.photoUnlisted(kind))];
  }

  async #keyOf(ref: string): Promise<Buffer | 'unreadable' | undefined> {
    try {
      return await this.options.keys.read(ref);
    } catch (error) {
      // What the stores of this library throw for one key; the key of the archive itself could be read.
      if (error instanceof BankCardOcrError && error.code === 'CONFIGURATION') return 'unreadable';
      throw error;
    }
  }

  async #refOf(orderNo: string): Promise<string> {
    return this.options.refOf(orderNo);
  }

  async #isLogged(ref: string, bytes: Buffer): Promise<boolean> {
    try {
      const { keptAt } = readManifest(bytes, ref);
      return await this.options.log.has({ ref, number: 0, sha256: sha256(bytes) }, dayOf(Date.parse(keptAt)));
    } catch (error) {
      // It is verified, and found damaged.
      if (error instanceof EvidenceDamage) return false;
      throw error;
    }
  }
}

/** Decrypt a photo, and compare it with its hash. @throws {@link EvidenceDamage} */
export function openPhoto(
  { ref }: Manifest,
  { kind }: ManifestObject,
  key: Buffer,
  sealed: Buffer,
  expected: string | undefined,
): Buffer {
  let bytes: Buffer;
  try {
    bytes = unseal(key, contextOf(ref, kind), sealed);
  } catch {
    throw new EvidenceDamage(FINDINGS.photoChanged(kind));
  }
  if (sha256(bytes) !== expected) throw new EvidenceDamage(FINDINGS.photoReplaced(kind));
  return bytes;
}

/** What the log must have of an order, and the day from which on. */
export function writtenOf(
  { ref, keptAt }: Manifest,
  manifest: Buffer,
  { entries, hashes }: OrderHistory,
): { readonly entry: LogEntry; readonly day: string }[] {
  const decisions = entries.map(({ at }, index) => {
    return { entry: { ref, number: index + 1, sha256: hashes[index]! }, day: dayOf(Date.parse(at)) };
  });
  return [{ entry: { ref, number: 0, sha256: sha256(manifest) }, day: dayOf(Date.parse(keptAt)) }, ...decisions];
}

function findingsOf(
  bytes: Buffer | undefined,
  expected: string,
  { missing, replaced }: { readonly missing: () => Finding; readonly replaced: () => Finding },
): Finding[] {
  if (!bytes) return [missing()];
  return sha256(bytes) === expected ? [] : [replaced()];
}

/** @throws anything but damage as it is */
function findingOf(error: unknown): Finding {
  if (error instanceof EvidenceDamage) return error.finding;
  throw error;
}
