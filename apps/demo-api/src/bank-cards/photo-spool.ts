import { type Cipher, createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type OnApplicationShutdown, StreamableFile } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { BankCardOcrResult, DownloadedPhoto, OcrResultService, PhotoKind } from 'nestjs-bankcard-ocr';
import { requirePhoto } from 'nestjs-bankcard-ocr/http';
import { photoFile } from './photo-file.js';

/** How much a {@link PhotoSpool} holds on the disk, and for how long. */
export interface SpoolLimits {
  readonly bytes: number;
  readonly lifeMs: number;
}

/** Long enough for a page with three pictures, too short for a photo archive. */
const DEFAULT_LIMITS: SpoolLimits = { bytes: 256 * 1024 * 1024, lifeMs: 2 * 60_000 };
/** What an order counts besides its photos; rather too much. */
const ORDER_BYTES = 4 * 1024;
const CIPHER = 'aes-256-ctr';

/** An order whose photos are on the disk for a while. */
export interface SpooledOrder {
  /** Of its photos it has the status only. */
  readonly result: BankCardOcrResult;
  readonly photos: ReadonlyMap<PhotoKind, SpooledPhoto>;
}

interface SpoolFile {
  readonly path: string;
  readonly iv: Buffer;
  /** Fulfilled when it has everything. */
  readonly written: Promise<void>;
}

type SpooledPhoto = Omit<DownloadedPhoto, 'path'> & SpoolFile;

/**
 * Photos on their way from Tencent to a client. They are written to temporary files while they arrive, so that memory holds
 * no photo as a whole, and the pictures of one order cost one query, however many are requested at once or one after the
 * other. The files are encrypted with a key that never leaves this process: what a killed process leaves is unreadable.
 * Failures and results whose photos are still to come are not kept.
 */
export class PhotoSpool implements OnApplicationShutdown {
  readonly #underway = new Map<string, Promise<SpooledOrder>>();
  readonly #orders: LRUCache<string, SpooledOrder>;
  readonly #key = randomBytes(32);
  #directory: Promise<string> | undefined;

  constructor(
    private readonly ocr: OcrResultService,
    { bytes, lifeMs }: SpoolLimits = DEFAULT_LIMITS,
    /** A directory of its own is made in it. */
    private readonly parent = tmpdir(),
  ) {
    this.#orders = new LRUCache({
      maxSize: bytes,
      // One that is larger than the spool has it for itself.
      sizeCalculation: (order) => Math.min(sizeOf(order), bytes),
      ttl: lifeMs,
      // Personal data does not stay until the next request for it.
      ttlAutopurge: true,
      dispose: ({ photos }) => void removeFiles([...photos.values()]),
    });
  }

  /** How many orders it has. */
  get size(): number {
    return this.#orders.size;
  }

  /**
   * An order with its photos.
   *
   * @throws {@link BankCardOcrError}
   */
  async take(orderNo: string): Promise<SpooledOrder> {
    const spooled = this.#orders.get(orderNo);
    if (spooled) return spooled;
    let download = this.#underway.get(orderNo);
    if (!download) {
      download = this.#download(orderNo).finally(() => this.#underway.delete(orderNo));
      this.#underway.set(orderNo, download);
    }
    return download;
  }

  /**
   * The response with one photo.
   *
   * @throws {@link BankCardOcrError} also for a photo that is not there, damaged or gone
   */
  async read(orderNo: string, kind: PhotoKind): Promise<StreamableFile> {
    for (let tries = 1; ; tries += 1) {
      const { result, photos } = await this.take(orderNo);
      const photo = photos.get(kind);
      // Says why there is none.
      if (!photo) return new StreamableFile(requirePhoto(result, kind).bytes);
      let file: FileHandle;
      try {
        file = await open(photo.path);
      } catch (error) {
        // The spool was full, and removed it in the same moment.
        if (tries < 3 && !this.#orders.has(orderNo)) continue;
        throw error;
      }
      const decipher = createDecipheriv(CIPHER, this.#key, photo.iv);
      // A client that goes away ends both.
      pipeline(file.createReadStream(), decipher).catch(() => undefined);
      return photoFile(orderNo, kind, photo.mediaType, decipher, photo.size);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.#orders.clear();
    const directory = await this.#directory?.catch(() => undefined);
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }

  async #download(orderNo: string): Promise<SpooledOrder> {
    const files: { kind: PhotoKind; file: SpoolFile }[] = [];
    const kept = new Map<PhotoKind, SpooledPhoto>();
    try {
      const { result, photos } = await this.ocr.download(orderNo, async (kind) => {
        const { file, cipher } = await this.#create();
        files.push({ kind, file });
        return cipher;
      });
      for (const photo of photos) {
        // The last one: a response that broke off may have finished one before.
        const file = files.findLast(({ kind }) => kind === photo.kind)!.file;
        await file.written;
        kept.set(photo.kind, { ...photo, ...file });
      }
      const order = { result, photos: kept };
      if (result.photos.status === 'complete') this.#orders.set(orderNo, order);
      return order;
    } catch (error) {
      kept.clear();
      throw error;
    } finally {
      const paths = new Set([...kept.values()].map((photo) => photo.path));
      await removeFiles(files.map(({ file }) => file).filter((file) => !paths.has(file.path)));
    }
  }

  async #create(): Promise<{ file: SpoolFile; cipher: Cipher }> {
    this.#directory ??= mkdtemp(path.join(this.parent, 'bank-card-photos-')).catch((error: unknown) => {
      this.#directory = undefined;
      throw error;
    });
    const iv = randomBytes(16);
    const cipher = createCipheriv(CIPHER, this.#key, iv);
    const file = path.join(await this.#directory, iv.toString('hex'));
    const written = pipeline(cipher, createWriteStream(file, { flags: 'wx', mode: 0o600 }));
    // Of an attempt that failed, nobody waits for it.
    written.catch(() => undefined);
    return { file: { path: file, iv, written }, cipher };
  }
}

async function removeFiles(files: readonly SpoolFile[]): Promise<void> {
  for (const file of files) {
    await file.written.catch(() => undefined);
    await rm(file.path, { force: true }).catch(() => undefined);
  }
}

function sizeOf({ photos }: SpooledOrder): number {
  return [...photos.values()].reduce((bytes, { size }) => bytes + size, ORDER_BYTES);
}
