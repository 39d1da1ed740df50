import { createHmac, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Writable } from 'node:stream';
import { checkOrderNumber } from '../call/order-number.js';
import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { CardNumber } from '../card/card-number.js';
import { PHOTO_KINDS, type PhotoKind } from '../card/card-photo.js';
import { readCardValidity } from '../card/card-validity.js';
import { ExtraFields } from '../card/extra-fields.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { warningText } from '../errors/vendor-codes.js';
import type { OcrResultService } from '../results/ocr-result.service.js';
import { type Clock, SystemClock } from '../runtime/clock.js';
import { exportBag } from './bag.js';
import { dayOf, type DayRoot, EvidenceLog, type LogEntry, merkleRoot, textOf } from './evidence-log.js';
import type { EvidenceStore } from './evidence-store.js';
import type { KeyStore } from './key-store.js';
import {
  contextOf,
  damaged,
  folderOf,
  type Manifest,
  type ManifestObject,
  manifestName,
  openPart,
  ORDERS,
  readManifest,
  refOfManifest,
  sealPart,
  type SealedPart,
} from './manifest.js';
import {
  addEntry,
  type Decision,
  entryName,
  type OrderHistory,
  type OrderState,
  readHistory,
  stateOf,
} from './order-history.js';
import { Sealer, sha256, SUITE, unseal } from './sealing.js';

/** What an archive is made of. */
export interface EvidenceArchiveOptions {
  /** Where results and photos come from. */
  readonly results: Pick<OcrResultService, 'download'>;
  readonly store: EvidenceStore;
  readonly keys: KeyStore;
  /** The host of Tencent, for the chain of custody: `https://idasc.webank.com`. */
  readonly host: string;
  /** Version of this library, for the chain of custody. */
  readonly libraryVersion: string;
  /** @default the machine's */
  readonly clock?: Clock | undefined;
}

/** How an order is kept. */
export interface KeepOptions {
  /** The retention class, a name of your own: how long it is kept is for you to decide. @default 'default' */
  readonly retentionClass?: string | undefined;
  /** When the card was recognized, if you know: tells photos that are late from photos that are gone. */
  readonly recognizedAt?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An order in the archive. Nothing in it is secret, and nothing tells whose card it is. */
export interface KeptOrder {
  /** The order number as a keyed hash, under which the archive keeps it. */
  readonly ref: string;
  readonly keptAt: Date;
  readonly retentionClass: string;
  readonly state: OrderState;
  /** The end of a legal hold. */
  readonly heldUntil?: Date;
  readonly photos: readonly PhotoKind[];
  /** Photos that Tencent never sent, or that came damaged. */
  readonly missing: readonly PhotoKind[];
}

/** The evidence of an order. */
export interface Evidence extends KeptOrder {
  /** As `query()` returned it; the number masked until it is revealed. Of its photos it has the status only. */
  readonly result: BankCardOcrResult;
  readonly manifest: Manifest;
  /** Read a photo, decrypted and compared with its hash. */
  photo(
    kind: PhotoKind,
  ): Promise<{ readonly bytes: Buffer; readonly mediaType: string; readonly sha256: string } | undefined>;
}

/** What {@link EvidenceArchive.verify} has found; no finding says that nothing was changed. */
export interface Verification {
  readonly ref: string;
  readonly findings: readonly string[];
}

/** The name of the key that hashes order numbers. */
const INDEX_KEY = 'index';
/** An object without a manifest is an orphan when no attempt can still be under way. */
const ORPHAN_AFTER_MS = 24 * 3_600_000;

/**
 * Keeps results and photos of orders as evidence (存证): pulled once from Tencent, encrypted with a key for each order,
 * written once, provable, and erasable by destroying the key. Any number of processes may use one archive.
 *
 * @example
 * const { ref } = await archive.keep(orderNo);
 * const { result, photo } = await archive.read(orderNo);
 */
export class EvidenceArchive {
  readonly #log: EvidenceLog;
  readonly #clock: Clock;
  #indexKey: Promise<Buffer> | undefined;

  constructor(private readonly options: EvidenceArchiveOptions) {
    this.#clock = options.clock ?? new SystemClock();
    this.#log = new EvidenceLog(options.store, this.#clock);
  }

  /**
   * Fetch an order from Tencent and keep it, unless it is kept already: then Tencent is not asked.
   *
   * Photos go to the store while they arrive; the manifest, written last and once, decides which of several attempts counts.
   * Warnings of the card are kept, and decided upon by nobody here.
   * @returns `isNew`, whether this call has kept it
   * @throws {@link BankCardOcrError} what `download()` throws; `EVIDENCE_INCOMPLETE` (retryable) while photos have not come
   */
  async keep(orderNo: string, options: KeepOptions = {}): Promise<KeptOrder & { readonly isNew: boolean }> {
    checkOrderNumber(orderNo);
    const ref = await this.#refOf(orderNo);
    if (await this.#find(ref)) {
      return { ...(await this.#addToLog(ref)), isNew: false };
    }
    const { store } = this.options;
    const attempt = new KeepAttempt(store, ref, await this.options.keys.create(ref), this.#clock.now());
    let isKept = false;
    try {
      const manifest = await this.#fetch(orderNo, attempt, options);
      isKept = await store.create(manifestName(ref), Buffer.from(JSON.stringify(manifest)));
      return { ...(await this.#addToLog(ref)), isNew: isKept };
    } finally {
      if (!isKept) await attempt.remove();
      else await attempt.removeAllBut((await this.#find(ref))?.manifest.objects ?? []);
    }
  }

  /**
   * The evidence of an order, decrypted and checked.
   * @throws {@link BankCardOcrError} `EVIDENCE_NOT_FOUND`, `EVIDENCE_RESTRICTED`, `EVIDENCE_ERASED`, `EVIDENCE_DAMAGED`
   */
  async read(orderNo: string): Promise<Evidence> {
    const { manifest, history } = await this.#require(orderNo);
    if (history.isErased) throw refused('EVIDENCE_ERASED');
    if (history.isRestricted) throw refused('EVIDENCE_RESTRICTED');
    const key = await this.#keyOf(manifest);
    const part = openPart(key, manifest);
    if (part.orderNo !== orderNo) throw damaged('the sealed part is that of another order');
    return {
      ...describe(manifest, history),
      manifest,
      result: resultOf(part, manifest, this.#clock.now()),
      photo: async (kind) => {
        const about = part.photos.find((one) => one.kind === kind);
        const object = manifest.objects.find((one) => one.kind === kind);
        if (!about || !object) return undefined;
        return { ...about, bytes: await this.#readPhoto(manifest, object, key, about.sha256) };
      },
    };
  }

  /** The state of an order, without decrypting anything; undefined when it is not kept. */
  async find(orderNo: string): Promise<KeptOrder | undefined> {
    const found = await this.#find(await this.#refOf(orderNo));
    return found && this.#describe(found.manifest);
  }

  /** Make an order unreadable to the application; it stays stored (PIPL art. 47). */
  async restrict(orderNo: string, decision: Decision): Promise<KeptOrder> {
    return this.#decide(orderNo, { ...decision, type: 'restricted' });
  }

  /** Make a restricted order readable again. */
  async unrestrict(orderNo: string, decision: Decision): Promise<KeptOrder> {
    return this.#decide(orderNo, { ...decision, type: 'unrestricted' });
  }

  /** Put an order under a legal hold: until then it cannot be erased. */
  async hold(orderNo: string, { until, ...decision }: Decision & { readonly until: Date }): Promise<KeptOrder> {
    if (Number.isNaN(until.getTime())) throw invalid('until must be a valid Date', 'until 必须是有效的 Date');
    return this.#decide(orderNo, { ...decision, type: 'held', until: until.toISOString() });
  }

  /** End a legal hold before its time. */
  async endHold(orderNo: string, decision: Decision): Promise<KeptOrder> {
    return this.#decide(orderNo, { ...decision, type: 'hold-ended' });
  }

  /**
   * Erase an order for good: write the decision, destroy its key, then remove its photos. Hashes and decisions stay, so that
   * {@link verify} still holds. Repeating it finishes an erasure that was cut short.
   * @throws {@link BankCardOcrError} `EVIDENCE_HELD` under a legal hold, `EVIDENCE_NOT_FOUND`
   */
  async erase(orderNo: string, decision: Decision): Promise<KeptOrder> {
    const { manifest, history } = await this.#require(orderNo);
    const { ref } = manifest;
    if (!history.isErased) {
      if (history.heldUntil) throw refused('EVIDENCE_HELD');
      await this.#write(ref, { ...decision, type: 'erased' });
    }
    await this.options.keys.destroy(ref);
    for (const { name } of manifest.objects) await this.options.store.remove(name);
    return this.#addToLog(ref);
  }

  /**
   * Check everything that is known of an order: manifest, ciphertexts, plaintexts, decisions, log.
   * @throws {@link BankCardOcrError} `EVIDENCE_NOT_FOUND`
   */
  async verify(orderNo: string): Promise<Verification> {
    checkOrderNumber(orderNo);
    const found = await this.#find(await this.#refOf(orderNo));
    if (!found) throw refused('EVIDENCE_NOT_FOUND');
    return this.#verify(found.manifest, found.bytes, orderNo);
  }

  /**
   * Check one day: its root, the chain of roots, and every order in it. Without its key an order cannot be named:
   * findings have references.
   */
  async *verifyDay(day: string): AsyncIterable<Verification> {
    const entries = await this.#log.entries(day);
    const root = await this.#log.rootOf(day);
    const ofDay: string[] = [];
    if (root && (root.count !== entries.length || root.root !== merkleRoot(entries.map(textOf)))) {
      ofDay.push(
        `the root of ${day} does not fit its ${entries.length} entries: entries were added, changed or taken away`,
      );
    }
    if (root && root.previous !== (await this.#log.previousOf(day))) ofDay.push(`the root before ${day} was changed`);
    if (ofDay.length > 0) yield { ref: day, findings: ofDay };
    for (const { ref, number, sha256: expected } of entries) {
      const bytes = await this.options.store.read(number === 0 ? manifestName(ref) : entryName(ref, number));
      const what = number === 0 ? 'the manifest' : `decision ${number}`;
      if (!bytes) yield { ref, findings: [`${what} is missing`] };
      else if (sha256(bytes) !== expected) yield { ref, findings: [`${what} is not the one that was written`] };
      else if (number === 0) yield this.#verify(readManifest(bytes, ref), bytes);
    }
  }

  /** Check every day that has entries. */
  async *verifyAll(): AsyncIterable<Verification> {
    for (const day of await this.#log.days()) yield* this.verifyDay(day);
  }

  /** Seal a day, an hour after its end or later: its root is the proof that nothing was added or changed afterwards. */
  async sealDay(day: string): Promise<DayRoot> {
    return this.#log.seal(day);
  }

  /**
   * Write the evidence of an order into a new directory as a BagIt bag (RFC 8493): `sha256sum -c manifest-sha256.txt`
   * checks it without this library. It has the whole card number.
   */
  async export(orderNo: string, directory: string): Promise<void> {
    const evidence = await this.read(orderNo);
    await exportBag(directory, orderNo, evidence);
  }

  /** Every order of the archive, in no order that tells anything. */
  async *list(): AsyncIterable<KeptOrder> {
    for await (const name of this.options.store.list(ORDERS)) {
      const ref = refOfManifest(name);
      const found = ref === undefined ? undefined : await this.#find(ref);
      if (found) yield this.#describe(found.manifest);
    }
  }

  /** Remove what attempts that were killed have left, a day later. @returns how many objects */
  async collectOrphans(): Promise<number> {
    let removed = 0;
    const { store } = this.options;
    for await (const name of store.list(ORDERS)) {
      const [, ref, startedAt] = /^orders\/[0-9a-f]{2}\/([0-9a-f]{64})\/(\d+)-[0-9a-f]+\//.exec(name) ?? [];
      if (ref === undefined || this.#clock.now() - Number(startedAt) < ORPHAN_AFTER_MS) continue;
      const manifest = (await this.#find(ref))?.manifest;
      if (manifest?.objects.some((object) => object.name === name)) continue;
      await store.remove(name);
      removed += 1;
    }
    return removed;
  }

  async #fetch(orderNo: string, attempt: KeepAttempt, options: KeepOptions): Promise<Manifest> {
    const { retentionClass = 'default', recognizedAt, signal } = options;
    const requestedAt = new Date(this.#clock.now()).toISOString();
    const downloaded = await this.options.results.download(orderNo, attempt.sink, {
      warningPolicy: 'report',
      ...(recognizedAt && { recognizedAt }),
      ...(signal && { signal }),
    });
    const receivedAt = new Date(this.#clock.now()).toISOString();
    const { result, photos } = downloaded;
    if (downloaded.status === 'pending') {
      throw new BankCardOcrError('EVIDENCE_INCOMPLETE', { ...(result.bizSeqNo && { bizSeqNo: result.bizSeqNo }) });
    }
    const { ref } = attempt;
    const kinds = photos.map(({ kind }) => kind);
    return {
      version: 1,
      ref,
      suite: SUITE,
      retentionClass,
      keptAt: receivedAt,
      custody: {
        host: this.options.host,
        keptBy: hostname(),
        libraryVersion: this.options.libraryVersion,
        requestedAt,
        receivedAt,
        ...(result.operatedAt && { operatedAt: result.operatedAt.toISOString() }),
      },
      objects: kinds.map((kind) => attempt.objectOf(kind)),
      missing: PHOTO_KINDS.filter((kind) => !kinds.includes(kind)),
      sealed: sealPart(attempt.key, ref, {
        orderNo,
        cardNumber: result.cardNumber.reveal(),
        validity: result.validity.raw,
        warnings: result.warnings.map(({ code }) => code),
        ...(result.clarity !== undefined && { clarity: result.clarity }),
        ...(result.bizSeqNo !== undefined && { bizSeqNo: result.bizSeqNo }),
        extra: result.extra.names().map((name) => [name, result.extra.get(name)!]),
        photos: photos.map(({ kind, mediaType, size, sha256 }) => ({ kind, mediaType, size, sha256 })),
      }),
    };
  }

  async #verify(manifest: Manifest, bytes: Buffer, orderNo?: string): Promise<Verification> {
    const { ref, objects } = manifest;
    const { store, keys } = this.options;
    const findings: string[] = [];
    const check = async (run: () => Promise<void>): Promise<void> => {
      try {
        await run();
      } catch (error) {
        if (!(error instanceof BankCardOcrError)) throw error;
        findings.push(error.message);
      }
    };
    let history: OrderHistory | undefined;
    await check(async () => void (history = await readHistory(store, ref, this.#clock.now())));
    const key = await keys.read(ref);
    if (history?.isErased) {
      if (key) findings.push('the order is erased, and its key still exists: repeat erase()');
    } else if (!key) findings.push('the key of the order is missing: its evidence cannot be read');
    for (const object of objects) {
      const found = await store.read(object.name);
      if (!found) {
        if (!history?.isErased) findings.push(`${object.kind}: the object is missing`);
      } else if (found.length !== object.bytes || sha256(found) !== object.sha256) {
        findings.push(`${object.kind}: the object was changed`);
      }
    }
    if (key && !history?.isErased) {
      await check(async () => {
        const part = openPart(key, manifest);
        if ((await this.#refOf(part.orderNo)) !== ref || (orderNo !== undefined && part.orderNo !== orderNo)) {
          throw damaged('the sealed part is that of another order');
        }
        for (const { kind, sha256: expected } of part.photos) {
          const object = objects.find((one) => one.kind === kind);
          if (!object) throw damaged(`${kind}: the manifest has lost the object`);
          await this.#readPhoto(manifest, object, key, expected);
        }
      });
    }
    for (const { entry, day } of history ? writtenOf(manifest, bytes, history) : []) {
      if (await this.#log.has(entry, day)) continue;
      const what = entry.number === 0 ? 'the manifest' : `decision ${entry.number}`;
      findings.push(`${what} is not in the log: call keep() to add it, unless it was replaced`);
    }
    return { ref, findings: [...new Set(findings)] };
  }

  async #readPhoto({ ref }: Manifest, object: ManifestObject, key: Buffer, expected: string): Promise<Buffer> {
    const sealed = await this.options.store.read(object.name);
    if (!sealed) throw damaged(`${object.kind}: the object is missing`);
    let bytes: Buffer;
    try {
      bytes = unseal(key, contextOf(ref, object.kind), sealed);
    } catch {
      throw damaged(`${object.kind}: the object was changed`);
    }
    if (sha256(bytes) !== expected) throw damaged(`${object.kind}: it is not the photo that was kept`);
    return bytes;
  }

  async #keyOf({ ref }: Manifest): Promise<Buffer> {
    const key = await this.options.keys.read(ref);
    if (!key) throw damaged('the key of the order is missing');
    return key;
  }

  async #decide(
    orderNo: string,
    entry: Decision & { readonly type: 'restricted' | 'unrestricted' | 'held' | 'hold-ended'; readonly until?: string },
  ): Promise<KeptOrder> {
    const { manifest, history } = await this.#require(orderNo);
    if (history.isErased) throw refused('EVIDENCE_ERASED');
    await this.#write(manifest.ref, entry);
    return this.#addToLog(manifest.ref);
  }

  async #write(ref: string, entry: Parameters<typeof addEntry>[2]): Promise<void> {
    if (!entry.by?.trim() || !entry.why?.trim()) {
      throw invalid(
        'a decision needs by and why: who decided it, and for what reason',
        '必须提供 by 和 why：决定人和原因',
      );
    }
    await addEntry(this.options.store, ref, entry, this.#clock.now());
  }

  async #require(orderNo: string): Promise<{ manifest: Manifest; bytes: Buffer; history: OrderHistory }> {
    checkOrderNumber(orderNo);
    const found = await this.#find(await this.#refOf(orderNo));
    if (!found) throw refused('EVIDENCE_NOT_FOUND');
    const history = await readHistory(this.options.store, found.manifest.ref, this.#clock.now());
    return { ...found, history };
  }

  async #find(ref: string): Promise<{ manifest: Manifest; bytes: Buffer } | undefined> {
    const bytes = await this.options.store.read(manifestName(ref));
    return bytes && { manifest: readManifest(bytes, ref), bytes };
  }

  async #describe(manifest: Manifest): Promise<KeptOrder> {
    return describe(manifest, await readHistory(this.options.store, manifest.ref, this.#clock.now()));
  }

  /** Also what processes that have ended could not add. */
  async #addToLog(ref: string): Promise<KeptOrder> {
    const found = await this.#find(ref);
    if (!found) throw damaged('the manifest of the order has vanished');
    const history = await readHistory(this.options.store, ref, this.#clock.now());
    for (const { entry, day } of writtenOf(found.manifest, found.bytes, history)) {
      if (!(await this.#log.has(entry, day))) await this.#log.add(entry, day);
    }
    return describe(found.manifest, history);
  }

  async #refOf(orderNo: string): Promise<string> {
    this.#indexKey ??= this.options.keys.create(INDEX_KEY).catch((error: unknown) => {
      this.#indexKey = undefined;
      throw error;
    });
    return createHmac('sha256', await this.#indexKey)
      .update(`order ${orderNo}`)
      .digest('hex');
  }
}

/** One attempt to keep an order: its objects have names of their own, so that no other attempt can touch them. */
class KeepAttempt {
  readonly #folder: string;
  readonly #objects: ManifestObject[] = [];

  constructor(
    private readonly store: EvidenceStore,
    readonly ref: string,
    readonly key: Buffer,
    startedAtMs: number,
  ) {
    this.#folder = `${folderOf(ref)}${Math.round(startedAtMs)}-${randomBytes(8).toString('hex')}/`;
  }

  /** Encrypts a photo while it arrives, and stores it when it is whole: one photo is in memory, never two. */
  readonly sink = (kind: PhotoKind, { attempt }: { readonly attempt: number }): Writable => {
    const sealer = new Sealer(this.key, contextOf(this.ref, kind));
    const pieces: Buffer[] = [sealer.head];
    return new Writable({
      write: (piece: Buffer, _encoding, done) => {
        pieces.push(sealer.update(piece));
        done();
      },
      final: (done) => {
        pieces.push(sealer.end());
        this.#store(kind, `${this.#folder}${attempt}-${kind}`, Buffer.concat(pieces.splice(0))).then(
          () => done(),
          done,
        );
      },
    });
  };

  /** The last one that was stored of its kind: a response that broke off may have had one before. */
  objectOf(kind: PhotoKind): ManifestObject {
    return this.#objects.findLast((object) => object.kind === kind)!;
  }

  async remove(): Promise<void> {
    await this.removeAllBut([]);
  }

  /** Nothing is lost when this fails: orphans are collected later. */
  async removeAllBut(kept: readonly ManifestObject[]): Promise<void> {
    for (const { name } of this.#objects) {
      if (!kept.some((object) => object.name === name)) await this.store.remove(name).catch(() => undefined);
    }
  }

  async #store(kind: PhotoKind, name: string, sealed: Buffer): Promise<void> {
    const object: ManifestObject = { kind, name, bytes: sealed.length, sha256: sha256(sealed) };
    this.#objects.push(object);
    await this.store.create(name, sealed);
  }
}

/** What the log must have of an order, and the day from which on. */
function writtenOf(
  { ref, keptAt }: Manifest,
  manifest: Buffer,
  { entries, hashes }: OrderHistory,
): { readonly entry: LogEntry; readonly day: string }[] {
  const decisions = entries.map(({ at }, index) => {
    return { entry: { ref, number: index + 1, sha256: hashes[index]! }, day: dayOf(Date.parse(at)) };
  });
  return [{ entry: { ref, number: 0, sha256: sha256(manifest) }, day: dayOf(Date.parse(keptAt)) }, ...decisions];
}

function describe(manifest: Manifest, history: OrderHistory): KeptOrder {
  const { ref, keptAt, retentionClass, objects, missing } = manifest;
  return {
    ref,
    keptAt: new Date(keptAt),
    retentionClass,
    state: stateOf(history),
    ...(history.heldUntil && { heldUntil: history.heldUntil }),
    photos: objects.map(({ kind }) => kind),
    missing,
  };
}

function resultOf(part: SealedPart, { custody, objects }: Manifest, nowMs: number): BankCardOcrResult {
  return {
    orderNo: part.orderNo,
    cardNumber: new CardNumber(part.cardNumber),
    validity: readCardValidity(part.validity, nowMs),
    warnings: part.warnings.map((code) => ({ code, ...warningText(code) })),
    ...(part.clarity !== undefined && { clarity: part.clarity }),
    ...(custody.operatedAt !== undefined && { operatedAt: new Date(custody.operatedAt) }),
    ...(part.bizSeqNo !== undefined && { bizSeqNo: part.bizSeqNo }),
    photos: { status: objects.length > 0 ? 'complete' : 'gone', damaged: [] },
    extra: new ExtraFields(part.extra),
  };
}

function refused(
  code: 'EVIDENCE_NOT_FOUND' | 'EVIDENCE_RESTRICTED' | 'EVIDENCE_ERASED' | 'EVIDENCE_HELD',
): BankCardOcrError {
  return new BankCardOcrError(code);
}

function invalid(message: string, messageZh: string): BankCardOcrError {
  return new BankCardOcrError('INVALID_ARGUMENT', { message, messageZh });
}
