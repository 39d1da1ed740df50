import type { BankCardOcrResult, ResultRetention } from '../../card/bank-card-ocr-result.js';
import { type CardPhotos, extensionOf, PHOTO_KINDS, type PhotoKind } from '../../card/card-photo.js';
import type { PhotoTarget, PhotoTargets } from '../../vendor/response/photo-buffers.js';
import type { ResultClient } from '../../vendor/result.client.js';
import type { OrderQuery } from '../order-query.js';
import { transactionOf, type PhotoDestination } from './photo-destination.js';
import type { PhotoTransaction } from './photo-sink.js';
import { SinkFailure } from './sink-stream.js';
import { SinkTarget, type WrittenPhoto } from './sink.target.js';

/** What one attempt has brought. */
interface DownloadedOrder {
  readonly photos: Pick<CardPhotos, 'status'>;
  readonly manifest: DownloadManifest;
}

/**
 * Let the photos of an order flow to their destination, attempt by attempt.
 *
 * @throws what the destination failed with, as it is
 */
export async function downloadOrder(
  inquiry: OrderQuery,
  results: ResultClient,
  destination: PhotoDestination,
): Promise<DownloadManifest> {
  // Counted through all that is waited for, so that no two are the same.
  let attempt = 0;
  try {
    const { manifest } = await inquiry.ask<DownloadedOrder>(async (request) => {
      attempt += 1;
      const download = new Download(request.query.orderNo, attempt, destination);
      try {
        // Judged before anything is kept: photos of a card that is rejected leave no file.
        const result = inquiry.judge(await results.queryResult(request, download));
        return { photos: result.photos, manifest: await manifestOf(result, download) };
      } catch (error) {
        await download.abandon(error);
        throw error;
      }
    });
    return manifest;
  } catch (error) {
    throw error instanceof SinkFailure ? error.cause : error;
  }
}

async function manifestOf(result: BankCardOcrResult, download: Download): Promise<DownloadManifest> {
  const { orderNo, bizSeqNo, operatedAt, retention, photos } = result;
  return {
    orderNo,
    ...(bizSeqNo === undefined ? {} : { bizSeqNo }),
    ...(operatedAt === undefined ? {} : { operatedAt }),
    ...(retention === undefined ? {} : { retention }),
    photos: await download.complete(),
    damaged: photos.damaged,
    status: photos.status,
  };
}

/** One attempt to download the photos of an order: it ends with {@link complete} or with {@link abandon}. */
export class Download implements PhotoTargets {
  readonly #targets = new Map<PhotoKind, SinkTarget>();
  readonly #batch: PhotoTransaction;

  constructor(
    private readonly orderNo: string,
    private readonly attempt: number,
    destination: PhotoDestination,
  ) {
    this.#batch = transactionOf(destination);
  }

  open(kind: PhotoKind): PhotoTarget {
    const { orderNo, attempt } = this;
    const target = new SinkTarget((mediaType) => {
      return this.#batch.open(kind, { orderNo, mediaType, extension: extensionOf(mediaType), attempt });
    });
    this.#targets.set(kind, target);
    return target;
  }

  /**
   * The whole answer has come and is good: keep the photos.
   *
   * @throws {@link SinkFailure} when a directory cannot; {@link abandon} is to follow
   */
  async complete(): Promise<DownloadedPhoto[]> {
    const whole = PHOTO_KINDS.flatMap((kind) => {
      const photo = this.#targets.get(kind)?.photo;
      return photo ? [{ kind, ...photo }] : [];
    });
    let paths: ReadonlyMap<PhotoKind, string>;
    try {
      paths = await this.#batch.commit(whole.map(({ kind }) => kind));
    } catch (error) {
      throw new SinkFailure(error);
    }
    return whole.map((photo) => {
      const path = paths.get(photo.kind);
      return path === undefined ? photo : { ...photo, path };
    });
  }

  /**
   * The attempt has failed, or its answer is not wanted: destroy every Writable that has not finished, and leave no file.
   * Never rejects: what has failed before matters more than a file that could not be removed.
   */
  async abandon(error: unknown): Promise<void> {
    const reason = error instanceof Error ? error : new Error('the download was given up', { cause: error });
    for (const target of this.#targets.values()) target.abandon(reason);
    await this.#batch.discard().catch(() => undefined);
  }
}

/** A photo that has reached its sink whole. */
export interface DownloadedPhoto extends WrittenPhoto {
  readonly kind: PhotoKind;
  /** The file, an absolute path; only of a download to a directory ({@link toDirectory}). */
  readonly path?: string;
}

/** What a download has brought. Nothing in it is secret; the photos themselves are personal data. */
export interface DownloadManifest {
  /** The order number that was asked for. */
  readonly orderNo: string;
  /** `bizSeqNo`: the vendor's running number of the exchange; quote it to the vendor's support. */
  readonly bizSeqNo?: string;
  /** `operateTime`: when the card was recognised; the vendor gives no zone, China time is assumed. */
  readonly operatedAt?: Date;
  /** In the order of {@link PHOTO_KINDS}. */
  readonly photos: readonly DownloadedPhoto[];
  /** Photos that came, but not as readable Base64: what their sinks had got was not a photo. */
  readonly damaged: readonly PhotoKind[];
  /** As {@link CardPhotos.status}: `complete` when at least one came, `pending` when none has yet, `gone` when none will. */
  readonly status: CardPhotos['status'];
  /** How long the vendor keeps the photos; an assumption. */
  readonly retention?: ResultRetention;
}
