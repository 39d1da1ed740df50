import { createHash, createHmac, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Writable } from 'node:stream';
import { checkOrderNumber } from '../call/order-number.js';
import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { CardNumber } from '../card/card-number.js';
import { PHOTO_KINDS, type PhotoKind } from '../card/card-photo.js';
import { readCardValidity } from '../card/card-validity.js';
import { ExtraFields } from '../card/extra-fields.js';
import { BankCardOcrError, invalidArgument } from '../errors/bank-card-ocr-error.js';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../errors/configuration-error.js';
import { warningText } from '../errors/vendor-codes.js';
import type { DownloadManifest } from '../results/download/download.js';
import { type PhotoMeta, SynchronousWritable } from '../results/download/sink.target.js';
import type { OcrResultService } from '../results/ocr-result.service.js';
import { type Clock, SystemClock } from '../runtime/clock.js';
import { LIBRARY_VERSION } from '../runtime/library-version.js';
import { observed, type Telemetry } from '../telemetry/instrumentation.js';
import { exportBag } from './bag.js';
import { type ArchiveStatus, ordersOf, StatusCount } from './archive-status.js';
import { AuditLog, dayOf, type DayRoot } from './audit-log.js';
import type { EvidenceStore } from './evidence-store.js';
import {
  EvidenceVerifier,
  openPhoto,
  type Verification,
  type VerificationStep,
  writtenOf,
} from './evidence-verifier.js';
import { EvidenceDamage, FINDINGS, unlessDamaged } from './finding.js';
import type { KeyStore } from './key-store.js';
import {
  type ClearPart,
  type Custody,
  contextOf,
  type Manifest,
  type ManifestObject,
  manifestName,
  objectName,
  openPart,
  OMITTABLE,
  type OmittedPart,
  ORDERS,
  readManifest,
  readObjectName,
  refOfManifest,
  sealPart,
  type SealedPart,
} from './manifest.js';
import {
  addEntry,
  type NewEntry,
  type Decision,
  historyFolder,
  NO_HISTORY,
  type OrderHistory,
  type OrderState,
  readHistory,
  stateOf,
} from './order-history.js';
import { QueuedOrders } from './queued-orders.js';
import { SEAL_BYTES, Sealer, sha256, SUITE } from './sealing.js';
import { certificatesOf, readTimestamp } from './timestamp-token.js';
import type { TimestampAuthority } from './timestamp-authority.js';

/** Where orders come from: an account of this library. */
export interface EvidenceSource {
  readonly results: Pick<OcrResultService, 'download'>;
  /** An archive has one: order numbers are unique within an app id only. */
  readonly appId: string;
  /** The host of Tencent, for the chain of custody: `https://idasc.webank.com`. */
  readonly host: string;
  /** That of the account; `BankCardOcrArchiveModule` passes it. @default none */
  readonly telemetry?: Telemetry | undefined;
}

/** How the roots of days get timestamps. */
export interface TimestampOptions {
  /** Asked by {@link EvidenceArchive.sealDay}. @default none: timestamps that are there are verified all the same */
  readonly authority?: TimestampAuthority | undefined;
  /**
   * Certificates of the CAs that are trusted for timestamps, in PEM. @default none: a timestamp has to be whole and for its
   * root, by whatever authority
   */
  readonly ca?: string | undefined;
}

/** What an archive is made of. */
export interface EvidenceArchiveOptions {
  /** Whose orders are kept. */
  readonly source: EvidenceSource;
  readonly store: EvidenceStore;
  readonly keys: KeyStore;
  /** Timestamps of RFC 3161 for the root of each day. @default none */
  readonly timestamps?: TimestampOptions | undefined;
  /**
   * What is not kept although Tencent sends it: kinds of photos, and `validity`, the expiry date. It does not come into the
   * store at all, and manifests say that it was left out. @default nothing
   */
  readonly omit?: readonly OmittedPart[] | undefined;
  /** @default the machine's */
  readonly clock?: Clock | undefined;
}

/** How an order is kept. */
export interface KeepOptions {
  /** The retention class, a name of your own: how long it is kept is for you to decide. @default 'default' */
  readonly retentionClass?: string | undefined;
  /** When the card was recognized, if you know it: photos that are late are kept apart from photos that are gone by it. */
  readonly recognizedAt?: Date | undefined;
  /** Keep the order although photos have not come, or came damaged: the last chance before Tencent deletes it. @default false */
  readonly incomplete?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An order in the archive. Nothing in it is secret, or says whose card it is. */
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
  /** What is not kept by configuration (option `omit`): it is never among `missing`. */
  readonly omitted: readonly OmittedPart[];
}

/** The evidence of an order. */
export interface Evidence extends KeptOrder {
  /** As `query()` returned it; the number masked until it is revealed. Of its photos it has the status only. */
  readonly result: BankCardOcrResult;
  readonly manifest: Manifest;
  /** Read a photo, decrypted and compared with its hash. */
  readonly photo: (
    kind: PhotoKind,
  ) => Promise<{ readonly bytes: Buffer; readonly mediaType: string; readonly sha256: string } | undefined>;
}

/** A day that was sealed. */
export interface SealedDay extends DayRoot {
  /** When the authority has seen the root; undefined without a timestamp. */
  readonly stampedAt?: Date;
  /** Days that have no timestamp yet, and why: the next {@link EvidenceArchive.sealDay} asks for them again. */
  readonly waiting?: { readonly days: number; readonly error: unknown };
}

/** The name of the key that hashes order numbers. */
const INDEX_KEY = 'index';
/** Whose archive it is, as a keyed hash. */
const OWNER = 'archive.json';
/** Timestamps that a killed process has not logged are searched among the last days. */
const DAYS_TO_REPAIR = 7;
/** An object without a manifest is an orphan when no attempt can still be under way. */
const ORPHAN_AFTER_MS = 24 * 3_600_000;
/** For a photo of which nothing is known; doubled when it is full. */
const FIRST_BUFFER_BYTES = 128 * 1024;
/** Buffers are multiples of it, so that one fits many photos. */
const BUFFER_STEP = 128 * 1024;
/** So much stays in memory for the orders that follow. */
const MOST_POOLED_BYTES = 32 * 1024 * 1024;

/**
 * Keeps results and photos of orders as evidence (存证): pulled once from Tencent, encrypted with a key for each order,
 * written once, provable, and erasable by destroying the key. Any number of processes may use one archive.
 *
 * @example
 * const { ref } = await archive.keep(orderNo);
 * const { result, photo } = await archive.read(orderNo);
 */
export class EvidenceArchive {
  readonly #log: AuditLog;
  readonly #clock: Clock;
  /** In the order of {@link OMITTABLE}. */
  readonly #omitted: readonly OmittedPart[];
  readonly #trusted: ReturnType<typeof certificatesOf> | undefined;
  readonly #verifier: EvidenceVerifier;
  readonly #buffers = new BufferPool();
  #indexKey: Promise<Buffer> | undefined;

  /** @throws `BankCardOcrConfigurationError` when `timestamps.ca` has no certificate, or `omit` names something else */
  constructor(private readonly options: EvidenceArchiveOptions) {
    const { store, keys, timestamps, omit = [], clock = new SystemClock() } = options;
    if (!omit.every((part) => OMITTABLE.includes(part))) throw omitUnknown();
    this.#clock = clock;
    this.#omitted = OMITTABLE.filter((part) => omit.includes(part));
    this.#log = new AuditLog(store, clock);
    this.#trusted = timestamps?.ca === undefined ? undefined : trustedCertificates(timestamps.ca);
    const refOf = async (orderNo: string) => this.refOf(orderNo);
    this.#verifier = new EvidenceVerifier({ store, keys, clock, log: this.#log, refOf, trusted: this.#trusted });
  }

  /**
   * Check that store and keys can be used, and are those of this app id. Every other call does the same.
   * @throws `BankCardOcrError` `CONFIGURATION` when they are not; errors of the stores as they are
   */
  async open(): Promise<void> {
    await this.options.store.open();
    await this.#index();
  }

  /**
   * Fetch an order from Tencent and keep it, unless it is kept already: then Tencent is not asked.
   *
   * Photos go to the store while they arrive; the manifest, written last and once, decides which of several attempts counts.
   * Warnings of the card are kept; no policy is applied.
   * @returns `isNew`, whether this call has kept it
   * @throws `BankCardOcrError` what `download()` throws; `EVIDENCE_INCOMPLETE` (retryable) while photos have not come
   *   or came damaged; `EVIDENCE_ERASED` when it was erased. Errors of the stores are thrown as they are
   */
  async keep(orderNo: string, options: KeepOptions = {}): Promise<KeptOrder & { readonly isNew: boolean }> {
    return observed(this.options.source.telemetry, 'keep', async () => this.#keep(orderNo, options), {
      signal: options.signal,
      facts: (kept) => ({ isNew: kept?.isNew }),
    });
  }

  async #keep(orderNo: string, options: KeepOptions): Promise<KeptOrder & { readonly isNew: boolean }> {
    checkOrderNumber(orderNo);
    const kept = await this.findKept(orderNo);
    if (kept) return { ...kept, isNew: false };
    const ref = await this.refOf(orderNo);
    const { store, keys } = this.options;
    const startedAtMs = this.#clock.now();
    const attempt = new KeepAttempt(
      store,
      this.#buffers,
      ref,
      this.#omitted,
      async () => keys.create(ref),
      startedAtMs,
    );
    let manifest: Manifest;
    try {
      manifest = await this.#fetch(orderNo, attempt, options);
      await store.flush(manifest.objects.map(({ name }) => name));
      // A machine that was suspended in between: its objects may have been collected.
      if (this.#clock.now() - startedAtMs > ORPHAN_AFTER_MS / 2) throw new BankCardOcrError('TIMEOUT');
    } catch (error) {
      await attempt.removeAllBut([]);
      throw error;
    }
    // When this fails, the manifest may be stored all the same, or arrive later: then the photos stay. So they do when
    // the store has repeated the write by itself and calls its own manifest one of another attempt.
    const bytes = Buffer.from(JSON.stringify(manifest));
    if (await store.create(manifestName(ref), bytes)) {
      await attempt.removeAllBut(manifest.objects);
      // Nothing is decided yet; whoever has decided since then has added it, too.
      for (const { entry, day } of writtenOf(manifest, bytes, NO_HISTORY)) await this.#log.add(entry, day);
      return { ...describe(manifest, NO_HISTORY), isNew: true };
    }
    const winner = await this.#find(ref);
    if (!winner) throw new EvidenceDamage(FINDINGS.manifestMissing());
    await attempt.removeAllBut(winner.manifest.objects);
    return { ...(await this.#addToLog(ref)), isNew: winner.bytes.equals(bytes) };
  }

  /** An order if it is kept; what a process that was killed could not write to the log is added. @internal */
  async findKept(orderNo: string): Promise<KeptOrder | undefined> {
    checkOrderNumber(orderNo);
    const ref = await this.refOf(orderNo);
    return (await this.#find(ref)) && this.#addToLog(ref);
  }

  /** What a queue may know of the orders of this archive. @internal */
  async queuedOrders(): Promise<QueuedOrders> {
    return new QueuedOrders(await this.#index(), this.options.source.appId);
  }

  /**
   * The evidence of an order, decrypted and checked.
   * @throws `BankCardOcrError` `EVIDENCE_NOT_FOUND`, `EVIDENCE_RESTRICTED`, `EVIDENCE_ERASED`, `EVIDENCE_DAMAGED`
   */
  async read(orderNo: string): Promise<Evidence> {
    const { manifest, history } = await this.#require(orderNo);
    if (history.isErased) throw refused('EVIDENCE_ERASED');
    if (history.isRestricted) throw refused('EVIDENCE_RESTRICTED');
    const key = await this.#keyOf(manifest);
    const part = openPart(key, manifest);
    if (part.orderNo !== orderNo) throw new EvidenceDamage(FINDINGS.resultReplaced());
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
    checkOrderNumber(orderNo);
    const found = await this.#find(await this.refOf(orderNo));
    return found && this.#describe(found.manifest);
  }

  /** Make an order unreadable to the application; it stays stored (PIPL art. 47). */
  async restrict(orderNo: string, decision: Decision): Promise<KeptOrder> {
    return this.#decide(orderNo, decision, 'restricted');
  }

  /** Make a restricted order readable again. */
  async unrestrict(orderNo: string, decision: Decision): Promise<KeptOrder> {
    return this.#decide(orderNo, decision, 'unrestricted');
  }

  /** Put an order under a legal hold: until then it cannot be erased. */
  async hold(orderNo: string, { until, ...decision }: Decision & { readonly until: Date }): Promise<KeptOrder> {
    if (Number.isNaN(until.getTime())) throw invalidArgument('until must be a valid Date', 'until 必须是有效的 Date');
    return this.#decide(orderNo, decision, 'held', until.toISOString());
  }

  /** End a legal hold before its time. */
  async endHold(orderNo: string, decision: Decision): Promise<KeptOrder> {
    return this.#decide(orderNo, decision, 'hold-ended');
  }

  /**
   * Erase an order for good: write the decision, destroy its key, then remove its photos. Hashes and decisions stay, so that
   * {@link verify} still holds. Repeating it finishes an erasure that was cut short.
   * @returns `remaining`, how many photos the store has not removed yet, as under an object lock: they cannot be read any more
   * @throws `BankCardOcrError` `EVIDENCE_HELD` under a legal hold, `EVIDENCE_NOT_FOUND`
   */
  async erase(orderNo: string, decision: Decision): Promise<KeptOrder & { readonly remaining: number }> {
    const { manifest } = await this.#require(orderNo);
    const { ref } = manifest;
    await this.#write(ref, decision, (history) => {
      if (history.isErased) return undefined;
      if (history.heldUntil) throw refused('EVIDENCE_HELD');
      return { type: 'erased' };
    });
    await this.options.keys.destroy(ref);
    const erased = await this.#addToLog(ref);
    let remaining = 0;
    for (const { name } of manifest.objects) {
      await this.options.store.remove(name).catch(() => void (remaining += 1));
    }
    return { ...erased, remaining };
  }

  /**
   * Check everything that is known of an order: manifest, ciphertexts, plaintexts, decisions, log. That decisions are missing
   * at the end is found by {@link verifyDay}.
   * @throws `BankCardOcrError` `EVIDENCE_NOT_FOUND`
   */
  async verify(orderNo: string): Promise<Verification> {
    checkOrderNumber(orderNo);
    const ref = await this.refOf(orderNo);
    const bytes = await this.options.store.read(manifestName(ref));
    if (!bytes) throw refused('EVIDENCE_NOT_FOUND');
    return this.#verifier.verifyOrder(ref, bytes, orderNo);
  }

  /**
   * Check one day: its root, the root before, its timestamp, and every order in it. The number of an order is not to be had
   * without its key: findings have references.
   * @param options `root`: the one that you have noted outside of the archive; it proves that not all of the day was exchanged
   */
  async *verifyDay(
    day: string,
    options: { readonly root?: string | undefined } = {},
  ): AsyncGenerator<VerificationStep> {
    await this.#index();
    yield* this.#verifier.verifyDay(day, options.root);
  }

  /** Check every day that has entries or a root, and that no order is in the store without being in the log. */
  async *verifyAll(): AsyncGenerator<VerificationStep> {
    await this.#index();
    yield* this.#verifier.verifyAll();
  }

  /**
   * Seal a day, an hour after its end (China time) or later, and all days before it. Its root proves that nothing was added
   * or changed afterwards, if you have a copy of it outside the store, or a timestamp: then the authority is asked for it, and
   * for those of earlier days that could not be had. An authority that is down delays timestamps and nothing else.
   */
  async sealDay(day: string): Promise<SealedDay> {
    const root = await this.#log.seal(day);
    const waiting = await this.#stampDays();
    const stamped = await this.#stampOf(day);
    return { ...root, ...(stamped && { stampedAt: stamped.at }), ...(waiting && { waiting }) };
  }

  /**
   * Write the evidence of an order into a new directory as a BagIt bag (RFC 8493): `sha256sum -c manifest-sha256.txt`
   * checks it without this library, `openssl ts -verify` its timestamp. It has the whole card number.
   * @param directory must not exist: nothing is overwritten, and a bag that is not whole has no name
   */
  async export(orderNo: string, directory: string): Promise<KeptOrder> {
    const evidence = await this.read(orderNo);
    const { result, photo, manifest } = evidence;
    const { ref, keptAt } = manifest;
    const stored: [string, Buffer][] = [];
    const { store } = this.options;
    const manifestBytes = await store.read(manifestName(ref));
    if (!manifestBytes) throw new EvidenceDamage(FINDINGS.manifestMissing());
    stored.push(['manifest.json', manifestBytes]);
    for await (const name of store.list(historyFolder(ref))) {
      const bytes = await store.read(name);
      if (bytes) stored.push([`decision-${name.slice(historyFolder(ref).length)}`, bytes]);
    }
    const entry = { ref, number: 0, sha256: sha256(manifestBytes) };
    const proof = await this.#log.proofOf(entry, dayOf(Date.parse(keptAt)));
    if (proof) {
      const { day, root, token, path } = proof;
      stored.push([`root-${day}.json`, root], [`proof-${day}.txt`, Buffer.from(path)]);
      if (token) stored.push([`root-${day}.tsr`, token]);
    }
    const hasValidity = !evidence.omitted.includes('validity');
    await exportBag(directory, orderNo, { result, hasValidity, photo, stored });
    return evidence;
  }

  /**
   * Count what is in the archive: orders by state, class and day, orphans, the last root and timestamp. Reads each manifest.
   * @param onOrder called with how many orders were counted
   */
  async status(onOrder: (done: number) => void = () => undefined): Promise<ArchiveStatus> {
    await this.#index();
    const { store } = this.options;
    const now = this.#clock.now();
    const count = new StatusCount((startedAtMs) => now - startedAtMs >= ORPHAN_AFTER_MS);
    let done = 0;
    for await (const listed of ordersOf(store.list(ORDERS))) {
      const hasManifest = listed.names.includes(manifestName(listed.ref));
      count.add(listed, hasManifest ? await this.#stateOf(listed.ref) : undefined);
      onOrder((done += 1));
    }
    const seals = await this.#log.seals();
    const lastDay = seals.at(-1)?.day;
    const root = lastDay === undefined ? undefined : await unlessDamaged(this.#log.rootOf(lastDay));
    const stampedDay = seals.findLast(({ hasToken }) => hasToken)?.day;
    const stamp = stampedDay === undefined ? undefined : await this.#stampOf(stampedDay);
    return {
      ...count.end(),
      ...(root && { lastRoot: { day: root.day, count: root.count, root: root.root } }),
      ...(stamp && stampedDay !== undefined && { lastTimestamp: { day: stampedDay, at: stamp.at } }),
      daysWithoutTimestamp: seals.filter(({ hasToken }) => !hasToken).length,
    };
  }

  /** Every order of the archive, in the order of their references. One whose manifest is damaged is left to {@link verifyAll}. */
  async *list(): AsyncIterable<KeptOrder> {
    for await (const name of this.options.store.list(ORDERS)) {
      const ref = refOfManifest(name);
      const found = ref === undefined ? undefined : await unlessDamaged(this.#find(ref));
      const kept = found && (await unlessDamaged(this.#describe(found.manifest)));
      if (kept) yield kept;
    }
  }

  /** Remove what attempts that were killed have left, a day later, and what an erasure could not. @returns how many objects */
  async collectOrphans(): Promise<number> {
    let removed = 0;
    const { store } = this.options;
    let current: { readonly ref: string; readonly keeps: (name: string) => boolean } | undefined;
    for await (const name of store.list(ORDERS)) {
      const object = readObjectName(name);
      if (!object || this.#clock.now() - object.startedAtMs < ORPHAN_AFTER_MS) continue;
      const { ref } = object;
      if (current?.ref !== ref) current = { ref, keeps: await this.#keptObjects(ref) };
      if (current.keeps(name)) continue;
      const isRemoved = await store.remove(name).then(
        () => true,
        () => false,
      );
      if (isRemoved) removed += 1;
    }
    return removed;
  }

  async #stateOf(ref: string): Promise<{ manifest: Manifest; state: OrderState } | 'damaged' | undefined> {
    try {
      const found = await this.#find(ref);
      if (!found) return undefined;
      const history = await readHistory(this.options.store, ref, this.#clock.now());
      return { manifest: found.manifest, state: stateOf(history) };
    } catch (error) {
      if (error instanceof EvidenceDamage) return 'damaged';
      throw error;
    }
  }

  async #keptObjects(ref: string): Promise<(name: string) => boolean> {
    try {
      const found = await this.#find(ref);
      if (!found) return () => false;
      const { isErased } = await readHistory(this.options.store, ref, this.#clock.now());
      return (name) => !isErased && found.manifest.objects.some((object) => object.name === name);
    } catch (error) {
      if (!(error instanceof EvidenceDamage)) throw error;
      // It is unknown what belongs to it.
      return () => true;
    }
  }

  async #fetch(orderNo: string, attempt: KeepAttempt, options: KeepOptions): Promise<Manifest> {
    const { retentionClass = 'default', recognizedAt, incomplete = false, signal } = options;
    const requestedAt = new Date(this.#clock.now()).toISOString();
    const downloaded = await this.options.source.results.download(orderNo, attempt.sink, {
      warningPolicy: 'report',
      ...(recognizedAt && { recognizedAt }),
      ...(signal && { signal }),
    });
    const receivedAt = new Date(this.#clock.now()).toISOString();
    const { result, provenance } = downloaded;
    const isWanted = (kind: PhotoKind): boolean => !this.#omitted.includes(kind);
    const photos = downloaded.photos.filter(({ kind }) => isWanted(kind));
    const isIncomplete = downloaded.status === 'pending' || downloaded.damaged.some(isWanted);
    if (isIncomplete && PHOTO_KINDS.some(isWanted) && !incomplete) {
      throw new BankCardOcrError('EVIDENCE_INCOMPLETE', { ...(result.bizSeqNo && { bizSeqNo: result.bizSeqNo }) });
    }
    const kinds = photos.map(({ kind }) => kind);
    const clear: ClearPart = {
      version: 1,
      ref: attempt.ref,
      suite: SUITE,
      retentionClass,
      keptAt: receivedAt,
      custody: {
        host: this.options.source.host,
        keptBy: hostname(),
        libraryVersion: LIBRARY_VERSION,
        requestedAt,
        receivedAt,
        ...(result.operatedAt && { operatedAt: result.operatedAt.toISOString() }),
        ...custodyOf(provenance),
      },
      objects: kinds.map((kind) => attempt.objectOf(kind)),
      missing: PHOTO_KINDS.filter((kind) => isWanted(kind) && !kinds.includes(kind)),
      ...(this.#omitted.length > 0 && { omitted: this.#omitted }),
    };
    return sealPart(await attempt.key(), clear, {
      orderNo,
      cardNumber: result.cardNumber.reveal(),
      ...(!this.#omitted.includes('validity') && { validity: result.validity.raw }),
      warnings: result.warnings.map(({ code }) => code),
      ...(result.clarity !== undefined && { clarity: result.clarity }),
      ...(result.bizSeqNo !== undefined && { bizSeqNo: result.bizSeqNo }),
      extra: result.extra.names().map((name) => [name, result.extra.get(name)!]),
      photos: photos.map(({ kind, mediaType, size, sha256 }) => ({ kind, mediaType, size, sha256 })),
    });
  }

  /** Ask for every timestamp that is missing, the oldest first. @returns what is still missing; undefined for nothing */
  async #stampDays(): Promise<SealedDay['waiting']> {
    const authority = this.options.timestamps?.authority;
    if (!authority) return undefined;
    const seals = await this.#log.seals();
    for (const { day, hasToken } of seals.slice(-DAYS_TO_REPAIR)) if (hasToken) await this.#logToken(day);
    const missing = seals.filter(({ hasToken }) => !hasToken);
    for (const [index, { day }] of missing.entries()) {
      try {
        const root = await this.#log.storedRoot(day);
        if (!root) continue;
        const digest = createHash('sha256').update(root).digest();
        const token = await authority.stamp(digest);
        readTimestamp(token, digest, this.#trusted);
        await this.#log.storeToken(day, token);
        await this.#logToken(day);
      } catch (error) {
        return { days: missing.length - index, error };
      }
    }
    return undefined;
  }

  /** Also what a process that has ended could not add. */
  async #logToken(day: string): Promise<void> {
    const token = await this.#log.tokenOf(day);
    if (!token) return;
    const { entry, isLogged } = await this.#log.tokenEntry(day, token);
    if (!isLogged) await this.#log.add(entry, day);
  }

  async #stampOf(day: string): Promise<ReturnType<typeof readTimestamp> | undefined> {
    const [token, root] = [await this.#log.tokenOf(day), await this.#log.storedRoot(day)];
    if (!token || !root) return undefined;
    try {
      return readTimestamp(token, createHash('sha256').update(root).digest(), this.#trusted);
    } catch {
      // It is for verifyDay() to say.
      return undefined;
    }
  }

  async #readPhoto(manifest: Manifest, object: ManifestObject, key: Buffer, expected: string): Promise<Buffer> {
    const sealed = await this.options.store.read(object.name);
    if (!sealed) throw new EvidenceDamage(FINDINGS.photoMissing(object.kind));
    return openPhoto(manifest, object, key, sealed, expected);
  }

  async #keyOf({ ref }: Manifest): Promise<Buffer> {
    const key = await this.options.keys.read(ref);
    if (!key) throw new EvidenceDamage(FINDINGS.keyMissing());
    return key;
  }

  async #decide(
    orderNo: string,
    decision: Decision,
    type: 'restricted' | 'unrestricted' | 'held' | 'hold-ended',
    until?: string,
  ): Promise<KeptOrder> {
    const { manifest } = await this.#require(orderNo);
    await this.#write(manifest.ref, decision, (history) => {
      if (history.isErased) throw refused('EVIDENCE_ERASED');
      return { type, ...(until !== undefined && { until }) };
    });
    return this.#addToLog(manifest.ref);
  }

  async #write(
    ref: string,
    { by, why }: Decision,
    decide: (history: OrderHistory) => Pick<NewEntry, 'type' | 'until'> | undefined,
  ): Promise<void> {
    if (!by?.trim() || !why?.trim()) {
      throw invalidArgument(
        'a decision needs by and why: who decided it, and for what reason',
        '必须提供 by 和 why：决定人和原因',
      );
    }
    await addEntry(this.options.store, ref, this.#clock.now(), (history) => {
      const entry = decide(history);
      return entry && { by, why, ...entry };
    });
  }

  async #require(orderNo: string): Promise<{ manifest: Manifest; history: OrderHistory }> {
    checkOrderNumber(orderNo);
    const found = await this.#find(await this.refOf(orderNo));
    if (!found) throw refused('EVIDENCE_NOT_FOUND');
    const { manifest } = found;
    return { manifest, history: await readHistory(this.options.store, manifest.ref, this.#clock.now()) };
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
    if (!found) throw new EvidenceDamage(FINDINGS.manifestMissing());
    const history = await readHistory(this.options.store, ref, this.#clock.now());
    for (const { entry, day } of writtenOf(found.manifest, found.bytes, history)) {
      if (!(await this.#log.has(entry, day))) await this.#log.add(entry, day);
    }
    return describe(found.manifest, history);
  }

  /** The order number as a keyed hash, under which the archive keeps it. @internal */
  async refOf(orderNo: string): Promise<string> {
    return createHmac('sha256', await this.#index())
      .update(`order ${orderNo}`)
      .digest('hex');
  }

  async #index(): Promise<Buffer> {
    this.#indexKey ??= this.#openIndex().catch((error: unknown) => {
      this.#indexKey = undefined;
      throw error;
    });
    return this.#indexKey;
  }

  /** With the keys of another archive, or for another app id, every order would seem not to be kept. */
  async #openIndex(): Promise<Buffer> {
    const { store, keys, source } = this.options;
    // A process that only reads needs no right to write.
    const found = await store.read(OWNER);
    const key = found ? await keys.read(INDEX_KEY) : await keys.create(INDEX_KEY);
    if (!key) {
      // One that is made now would stand in the way of the real one: of a mount, or of a backup.
      throw new BankCardOcrError('CONFIGURATION', {
        message: 'there is evidence, and its keys are missing: mount their directory, or restore it from a backup',
        messageZh: '存证仍在，但缺少对应的密钥：请挂载密钥目录，或从备份恢复',
      });
    }
    const owner = createHmac('sha256', key).update(`archive ${source.appId}`).digest('hex');
    const written = Buffer.from(JSON.stringify({ version: 1, owner }));
    const owned = found ?? ((await store.create(OWNER, written)) ? written : await store.read(OWNER));
    if (owned?.equals(written)) return key;
    throw new BankCardOcrError('CONFIGURATION', {
      message: 'the evidence was kept for another app id, or with another key store: each archive has its own of both',
      messageZh: '存证属于其他 WBappid 或使用了其他密钥存储：每个存证档案须有各自的存储与密钥',
    });
  }
}

/** One attempt to keep an order: its objects have names of their own, so that no other attempt can touch them. */
class KeepAttempt {
  readonly #id = randomBytes(8).toString('hex');
  readonly #objects: ManifestObject[] = [];
  readonly #writes: Promise<unknown>[] = [];
  #key: Promise<Buffer> | undefined;

  constructor(
    private readonly store: EvidenceStore,
    private readonly buffers: BufferPool,
    readonly ref: string,
    private readonly omitted: readonly OmittedPart[],
    private readonly createKey: () => Promise<Buffer>,
    private readonly startedAtMs: number,
  ) {}

  /** An order that Tencent does not have gets no key. */
  async key(): Promise<Buffer> {
    return (this.#key ??= this.createKey());
  }

  /**
   * Encrypts and hashes a photo while it arrives, and stores it when it is whole: one photo is in memory, never two. With the
   * length of the response known, it is written where it stays; what it does not need of that buffer costs no memory.
   */
  readonly sink = async (kind: PhotoKind, { attempt, maxBytes }: PhotoMeta): Promise<Writable> => {
    if (this.omitted.includes(kind)) return new SynchronousWritable(() => undefined);
    const sealer = new Sealer(await this.key(), contextOf(this.ref, kind));
    const hash = createHash('sha256');
    let buffer = this.buffers.take(SEAL_BYTES + (maxBytes ?? FIRST_BUFFER_BYTES));
    let size = 0;
    const add = (bytes: Buffer): void => {
      hash.update(bytes);
      if (size + bytes.length > buffer.length) buffer = enlarged(buffer, size, size + bytes.length);
      size += bytes.copy(buffer, size);
    };
    add(sealer.head);
    const finish = async (): Promise<void> => {
      add(sealer.end());
      const write = this.#store(kind, attempt, buffer.subarray(0, size), hash.digest('hex'));
      this.#writes.push(write);
      await write;
      // The store is done with it.
      this.buffers.release(buffer);
    };
    return new SynchronousWritable((piece) => add(sealer.update(piece)), finish);
  };

  /** The last one that was stored of its kind: a response that broke off may have had one before. */
  objectOf(kind: PhotoKind): ManifestObject {
    return this.#objects.findLast((object) => object.kind === kind)!;
  }

  /** Nothing is lost when this fails: orphans are collected later. */
  async removeAllBut(kept: readonly ManifestObject[]): Promise<void> {
    // A download that was aborted does not wait for them.
    await Promise.allSettled(this.#writes);
    for (const { name } of this.#objects) {
      if (!kept.some((object) => object.name === name)) await this.store.remove(name).catch(() => undefined);
    }
  }

  async #store(kind: PhotoKind, attempt: number, sealed: Buffer, digest: string): Promise<void> {
    const name = objectName(this.ref, this.startedAtMs, `${this.#id}-${attempt}`, kind);
    this.#objects.push({ kind, name, bytes: sealed.length, sha256: digest });
    await this.store.stage(name, sealed, digest);
  }
}

/** Buffers that are used again: allocating one for each photo costs more than encrypting it, and causes garbage collections. */
class BufferPool {
  readonly #free: Buffer[] = [];

  take(bytes: number): Buffer {
    const at = this.#free.findIndex((buffer) => buffer.length >= bytes);
    // When all are too small, one is dropped for a larger one.
    const [buffer] = this.#free.splice(Math.max(at, 0), 1);
    return at >= 0 && buffer ? buffer : Buffer.allocUnsafeSlow(Math.ceil(bytes / BUFFER_STEP) * BUFFER_STEP);
  }

  release(buffer: Buffer): void {
    const free = this.#free.reduce((sum, { length }) => sum + length, buffer.length);
    if (free <= MOST_POOLED_BYTES) this.#free.push(buffer);
  }
}

function enlarged(buffer: Buffer, size: number, needed: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, needed));
  buffer.copy(larger, 0, 0, size);
  return larger;
}

function omitUnknown(): BankCardOcrConfigurationError {
  const names = OMITTABLE.join(', ');
  const problem = new Problem(`must be some of ${names}`, `只能包含 ${names}`);
  return new BankCardOcrConfigurationError([configurationIssue('omit', problem)]);
}

/** The part of the custody that the transport has found out. */
function custodyOf({ attempts, sentAt, ...provenance }: DownloadManifest['provenance']): Partial<Custody> {
  const { transactionTime, clockOffsetMs, peerCertificateSha256 } = provenance;
  return {
    attempts,
    ...(sentAt && { sentAt: sentAt.toISOString() }),
    ...(transactionTime && { transactionTime: transactionTime.toISOString() }),
    ...(clockOffsetMs !== undefined && { clockOffsetMs }),
    ...(peerCertificateSha256 !== undefined && { peerCertificateSha256 }),
  };
}

function trustedCertificates(pem: string): ReturnType<typeof certificatesOf> {
  let found: ReturnType<typeof certificatesOf> = [];
  try {
    found = certificatesOf(pem);
  } catch {
    // Refused below.
  }
  if (found.length > 0) return found;
  throw new BankCardOcrConfigurationError([
    configurationIssue('timestamps.ca', new Problem('must be certificates of CAs in PEM', '必须是 PEM 格式的 CA 证书')),
  ]);
}

function describe(manifest: Manifest, history: OrderHistory): KeptOrder {
  const { ref, keptAt, retentionClass, objects, missing, omitted = [] } = manifest;
  return {
    ref,
    keptAt: new Date(keptAt),
    retentionClass,
    state: stateOf(history),
    ...(history.heldUntil && { heldUntil: history.heldUntil }),
    photos: objects.map(({ kind }) => kind),
    missing,
    omitted,
  };
}

function resultOf(part: SealedPart, { custody, objects }: Manifest, nowMs: number): BankCardOcrResult {
  return {
    orderNo: part.orderNo,
    cardNumber: new CardNumber(part.cardNumber),
    validity: readCardValidity(part.validity ?? '', nowMs),
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
