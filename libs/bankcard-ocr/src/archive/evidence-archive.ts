import { createHmac, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Writable } from 'node:stream';
import { callbackify } from 'node:util';
import { checkOrderNumber } from '../call/order-number.js';
import type { BankCardOcrResult } from '../card/bank-card-ocr-result.js';
import { CardNumber } from '../card/card-number.js';
import { PHOTO_KINDS, type PhotoKind } from '../card/card-photo.js';
import { readCardValidity } from '../card/card-validity.js';
import { ExtraFields } from '../card/extra-fields.js';
import { BankCardOcrError, invalidArgument } from '../errors/bank-card-ocr-error.js';
import { warningText } from '../errors/vendor-codes.js';
import type { OcrResultService } from '../results/ocr-result.service.js';
import { type Clock, SystemClock } from '../runtime/clock.js';
import { LIBRARY_VERSION } from '../runtime/library-version.js';
import { observed, type Telemetry } from '../telemetry/instrumentation.js';
import { exportBag } from './bag.js';
import { dayOf, type DayRoot, AuditLog, type LogEntry, merkleRoot, textOf } from './audit-log.js';
import type { EvidenceStore } from './evidence-store.js';
import type { KeyStore } from './key-store.js';
import {
  type ClearPart,
  contextOf,
  damaged,
  type Manifest,
  type ManifestObject,
  manifestName,
  objectName,
  openPart,
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
  decisionName,
  historyFolder,
  type OrderHistory,
  type OrderState,
  readHistory,
  stateOf,
} from './order-history.js';
import { QueuedOrders } from './queued-orders.js';
import { Sealer, sha256, SUITE, unseal } from './sealing.js';

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

/** What an archive is made of. */
export interface EvidenceArchiveOptions {
  /** Whose orders are kept. */
  readonly source: EvidenceSource;
  readonly store: EvidenceStore;
  readonly keys: KeyStore;
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

/** What {@link EvidenceArchive.verify} has found; no finding says that nothing was changed. */
export interface Verification {
  readonly ref: string;
  readonly findings: readonly string[];
}

/** The name of the key that hashes order numbers. */
const INDEX_KEY = 'index';
/** Whose archive it is, as a keyed hash. */
const OWNER = 'archive.json';
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
  readonly #log: AuditLog;
  readonly #clock: Clock;
  #indexKey: Promise<Buffer> | undefined;

  constructor(private readonly options: EvidenceArchiveOptions) {
    this.#clock = options.clock ?? new SystemClock();
    this.#log = new AuditLog(options.store, this.#clock);
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
    const attempt = new KeepAttempt(store, ref, async () => keys.create(ref), startedAtMs);
    let bytes: Buffer;
    try {
      bytes = Buffer.from(JSON.stringify(await this.#fetch(orderNo, attempt, options)));
      // A machine that was suspended in between: its objects may have been collected.
      if (this.#clock.now() - startedAtMs > ORPHAN_AFTER_MS / 2) throw new BankCardOcrError('TIMEOUT');
    } catch (error) {
      await attempt.removeAllBut([]);
      throw error;
    }
    // When this fails, the manifest may be stored all the same, or arrive later: then the photos stay. So they do when
    // the store has repeated the write by itself and calls its own manifest one of another attempt.
    await store.create(manifestName(ref), bytes);
    const winner = await this.#find(ref);
    if (!winner) throw damaged('the manifest of the order has vanished');
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
   * Check everything that is known of an order: manifest, ciphertexts, plaintexts, decisions, log.
   * @throws `BankCardOcrError` `EVIDENCE_NOT_FOUND`
   */
  async verify(orderNo: string): Promise<Verification> {
    checkOrderNumber(orderNo);
    const ref = await this.refOf(orderNo);
    const bytes = await this.options.store.read(manifestName(ref));
    if (!bytes) throw refused('EVIDENCE_NOT_FOUND');
    return this.#verify(ref, bytes, orderNo);
  }

  /**
   * Check one day: its root, the root before, and every order in it. The number of an order is not to be had without its
   * key: findings have references.
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
    if (root && root.previous !== (await this.#log.previousOf(day))) {
      ofDay.push(`the root of the day before ${day} was changed or taken away`);
    }
    if (!root && (await this.#log.isFollowedByRoot(day))) ofDay.push(`the root of ${day} was taken away`);
    if (ofDay.length > 0) yield { ref: day, findings: ofDay };
    for (const { ref, number, sha256: expected } of entries) {
      const bytes = await this.options.store.read(number === 0 ? manifestName(ref) : decisionName(ref, number));
      const what = number === 0 ? 'the manifest' : `decision ${number}`;
      if (!bytes) yield { ref, findings: [`${what} is missing`] };
      else if (sha256(bytes) !== expected) yield { ref, findings: [`${what} is not the one that was written`] };
      else if (number === 0) yield this.#verify(ref, bytes);
    }
  }

  /** Check every day that has entries or a root, and that no order is in the store without being in the log. */
  async *verifyAll(): AsyncIterable<Verification> {
    for (const day of await this.#log.days()) yield* this.verifyDay(day);
    for await (const name of this.options.store.list(ORDERS)) {
      const ref = refOfManifest(name);
      const bytes = ref === undefined ? undefined : await this.options.store.read(name);
      if (ref === undefined || !bytes) continue;
      const entry = { ref, number: 0, sha256: sha256(bytes) };
      let isLogged = false;
      try {
        isLogged = await this.#log.has(entry, dayOf(Date.parse(readManifest(bytes, ref).keptAt)));
      } catch {
        // It is verified, and found damaged.
      }
      if (!isLogged) yield this.#verify(ref, bytes);
    }
  }

  /**
   * Seal a day, an hour after its end (China time) or later, and all days before it. Its root proves that nothing was added
   * or changed afterwards, if you have a copy of it outside the store.
   */
  async sealDay(day: string): Promise<DayRoot> {
    return this.#log.seal(day);
  }

  /**
   * Write the evidence of an order into a new directory as a BagIt bag (RFC 8493): `sha256sum -c manifest-sha256.txt`
   * checks it without this library. It has the whole card number.
   */
  async export(orderNo: string, directory: string): Promise<void> {
    const { result, photo, manifest } = await this.read(orderNo);
    const stored: [string, Buffer][] = [];
    const { store } = this.options;
    const manifestBytes = await store.read(manifestName(manifest.ref));
    if (manifestBytes) stored.push(['manifest.json', manifestBytes]);
    for await (const name of store.list(historyFolder(manifest.ref))) {
      const bytes = await store.read(name);
      if (bytes) stored.push([`decision-${name.slice(historyFolder(manifest.ref).length)}`, bytes]);
    }
    await exportBag(directory, orderNo, { result, photo, stored });
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

  async #keptObjects(ref: string): Promise<(name: string) => boolean> {
    try {
      const found = await this.#find(ref);
      if (!found) return () => false;
      const { isErased } = await readHistory(this.options.store, ref, this.#clock.now());
      return (name) => !isErased && found.manifest.objects.some((object) => object.name === name);
    } catch (error) {
      if (!isDamage(error)) throw error;
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
    const { result, photos } = downloaded;
    if ((downloaded.status === 'pending' || downloaded.damaged.length > 0) && !incomplete) {
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
      },
      objects: kinds.map((kind) => attempt.objectOf(kind)),
      missing: PHOTO_KINDS.filter((kind) => !kinds.includes(kind)),
    };
    return sealPart(await attempt.key(), clear, {
      orderNo,
      cardNumber: result.cardNumber.reveal(),
      validity: result.validity.raw,
      warnings: result.warnings.map(({ code }) => code),
      ...(result.clarity !== undefined && { clarity: result.clarity }),
      ...(result.bizSeqNo !== undefined && { bizSeqNo: result.bizSeqNo }),
      extra: result.extra.names().map((name) => [name, result.extra.get(name)!]),
      photos: photos.map(({ kind, mediaType, size, sha256 }) => ({ kind, mediaType, size, sha256 })),
    });
  }

  async #verify(ref: string, bytes: Buffer, orderNo?: string): Promise<Verification> {
    const { store, keys } = this.options;
    const findings: string[] = [];
    let manifest: Manifest;
    try {
      manifest = readManifest(bytes, ref);
    } catch (error) {
      if (!isDamage(error)) throw error;
      return { ref, findings: [error.message] };
    }
    const { objects } = manifest;
    const check = async (run: () => Promise<void>): Promise<void> => {
      try {
        await run();
      } catch (error) {
        if (!isDamage(error)) throw error;
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
        if ((await this.refOf(part.orderNo)) !== ref || (orderNo !== undefined && part.orderNo !== orderNo)) {
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
    if (!found) throw damaged('the manifest of the order has vanished');
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
    const key = await keys.create(INDEX_KEY);
    const owner = createHmac('sha256', key).update(`archive ${source.appId}`).digest('hex');
    const written = Buffer.from(JSON.stringify({ version: 1, owner }));
    await store.create(OWNER, written);
    if ((await store.read(OWNER))?.equals(written)) return key;
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
    readonly ref: string,
    private readonly createKey: () => Promise<Buffer>,
    private readonly startedAtMs: number,
  ) {}

  /** An order that Tencent does not have gets no key. */
  async key(): Promise<Buffer> {
    return (this.#key ??= this.createKey());
  }

  /** Encrypts a photo while it arrives, and stores it when it is whole: one photo is in memory, never two. */
  readonly sink = async (kind: PhotoKind, { attempt }: { readonly attempt: number }): Promise<Writable> => {
    const sealer = new Sealer(await this.key(), contextOf(this.ref, kind));
    const pieces: Buffer[] = [sealer.head];
    return new Writable({
      write: (piece: Buffer, _encoding, done) => {
        pieces.push(sealer.update(piece));
        done();
      },
      final: callbackify(async () => {
        pieces.push(sealer.end());
        const write = this.#store(kind, attempt, Buffer.concat(pieces.splice(0)));
        this.#writes.push(write);
        await write;
      }),
    });
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

  async #store(kind: PhotoKind, attempt: number, sealed: Buffer): Promise<void> {
    const name = objectName(this.ref, this.startedAtMs, `${this.#id}-${attempt}`, kind);
    this.#objects.push({ kind, name, bytes: sealed.length, sha256: sha256(sealed) });
    await this.store.create(name, sealed);
  }
}

/** Undefined for evidence that is damaged. */
async function unlessDamaged<T>(wanted: Promise<T>): Promise<T | undefined> {
  return wanted.catch((error: unknown) => {
    if (!isDamage(error)) throw error;
    return undefined;
  });
}

function isDamage(error: unknown): error is BankCardOcrError {
  return error instanceof BankCardOcrError && error.code === 'EVIDENCE_DAMAGED';
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
