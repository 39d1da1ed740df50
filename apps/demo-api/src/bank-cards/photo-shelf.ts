import type { OnApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type BankCardOcrResult, type OcrResultService, PHOTO_KINDS } from 'nestjs-bankcard-ocr';

/** How much a {@link PhotoShelf} holds, and for how long. */
export interface ShelfLimits {
  readonly bytes: number;
  readonly lifeMs: number;
}

/** Long enough for a page with three pictures, too short for a photo archive. */
const DEFAULT_LIMITS: ShelfLimits = { bytes: 64 * 1024 * 1024, lifeMs: 2 * 60_000 };
/** What a result takes besides its photos; rather too much. */
const RESULT_BYTES = 4 * 1024;

/**
 * Results with photos for a short while: the pictures of one order then cost one query, however many are requested at
 * once or one after the other. Failures and results whose photos are still to come are not kept.
 */
export class PhotoShelf implements OnApplicationShutdown {
  readonly #underway = new Map<string, Promise<BankCardOcrResult>>();
  readonly #shelf: LRUCache<string, BankCardOcrResult>;

  constructor(
    private readonly ocr: OcrResultService,
    { bytes, lifeMs }: ShelfLimits = DEFAULT_LIMITS,
  ) {
    this.#shelf = new LRUCache({
      maxSize: bytes,
      sizeCalculation: sizeOf,
      ttl: lifeMs,
      // Personal data does not stay in memory until the next request for it.
      ttlAutopurge: true,
    });
  }

  /** How many results it has. */
  get size(): number {
    return this.#shelf.size;
  }

  /**
   * The result of an order with its photos.
   *
   * @throws {@link BankCardOcrError}
   */
  async take(orderNo: string): Promise<BankCardOcrResult> {
    const shelved = this.#shelf.get(orderNo);
    if (shelved) return shelved;
    let query = this.#underway.get(orderNo);
    if (!query) {
      query = this.#query(orderNo).finally(() => this.#underway.delete(orderNo));
      this.#underway.set(orderNo, query);
    }
    return query;
  }

  onApplicationShutdown(): void {
    this.#shelf.clear();
  }

  async #query(orderNo: string): Promise<BankCardOcrResult> {
    const result = await this.ocr.query(orderNo, { photos: true });
    if (result.photos.status === 'complete') this.#shelf.set(orderNo, result);
    return result;
  }
}

function sizeOf({ photos }: BankCardOcrResult): number {
  return PHOTO_KINDS.reduce((bytes, kind) => bytes + (photos[kind]?.size ?? 0), RESULT_BYTES);
}
