import type { BankCardOcrResult, ResultRetention } from '../../card/bank-card-ocr-result.js';
import { type CardPhotos, extensionOf, PHOTO_KINDS, type PhotoKind } from '../../card/card-photo.js';
import { BankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import type { PhotoTarget, PhotoTargets } from '../../vendor/response/photo-buffers.js';
import type { ResultClient } from '../../vendor/result.client.js';
import type { OrderQuery } from '../order-query.js';
import { PhotoDirectory } from './photo-directory.js';
import { type PhotoSink, type PhotoTransaction, sinkTransaction } from './photo-sink.js';
import { SinkFailure } from './sink-stream.js';
import { SinkTarget, type WrittenPhoto } from './sink.target.js';

/** Where downloaded photos go: a sink of the application's own, or a directory ({@link toDirectory}). */
export type PhotoDestination = PhotoSink | PhotoDirectory;

/** A photo that has reached its sink whole. */
export interface DownloadedPhoto extends WrittenPhoto {
  readonly kind: PhotoKind;
  /** The file, an absolute path; only of a download to a directory ({@link toDirectory}). */
  readonly path?: string;
}

/** What a download has brought. Nothing in it is secret. */
export interface DownloadManifest {
  /** The order number of the download. */
  readonly orderNo: string;
  /** What Tencent recognized, from the same response; of its photos it has the status only. */
  readonly result: BankCardOcrResult;
  /** `bizSeqNo`: Tencent's serial number of the request; quote it to Tencent's support. */
  readonly bizSeqNo?: string;
  /** `operateTime`: when the card was recognized; Tencent sends no time zone, China time is assumed. */
  readonly operatedAt?: Date;
  /** In the order of {@link PHOTO_KINDS}. */
  readonly photos: readonly DownloadedPhoto[];
  /** Photos that came, but not as readable Base64: their sinks have no photo. */
  readonly damaged: readonly PhotoKind[];
  /** As {@link CardPhotos.status}: `complete` when at least one came, `pending` when none has yet, `gone` when none will. */
  readonly status: CardPhotos['status'];
  /** How long Tencent keeps the photos; an assumption. */
  readonly retention?: ResultRetention;
}

/** @throws {@link BankCardOcrError} `INVALID_ARGUMENT` for anything that is no {@link PhotoDestination} */
export function checkPhotoDestination(destination: unknown): asserts destination is PhotoDestination {
  if (typeof destination === 'function' || destination instanceof PhotoDirectory) return;
  throw new BankCardOcrError('INVALID_ARGUMENT', {
    message: 'the sink must be a function that returns a Writable for each photo, or toDirectory(path)',
    messageZh: 'sink 必须是返回 Writable 的函数，或 toDirectory(path)',
  });
}

/**
 * Stream the photos of an order to their destination, attempt by attempt.
 * @throws the error of the destination as it is
 */
export async function downloadOrder(
  query: OrderQuery,
  results: ResultClient,
  destination: PhotoDestination,
): Promise<DownloadManifest> {
  // Counted over all polls and retries, so that no two are the same.
  let attempt = 0;
  try {
    const { manifest } = await query.run(async (request) => {
      attempt += 1;
      const download = new Download(request.query.orderNo, attempt, destination);
      try {
        // Accepted before anything is kept: photos of a card that is rejected leave no file.
        const result = query.accept(await results.queryResult(request, download));
        return { photos: result.photos, manifest: manifestOf(result, await download.complete()) };
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

function manifestOf(result: BankCardOcrResult, downloaded: readonly DownloadedPhoto[]): DownloadManifest {
  const { orderNo, bizSeqNo, operatedAt, retention, photos } = result;
  return {
    orderNo,
    result,
    ...(bizSeqNo !== undefined && { bizSeqNo }),
    ...(operatedAt !== undefined && { operatedAt }),
    ...(retention !== undefined && { retention }),
    photos: downloaded,
    damaged: photos.damaged,
    status: photos.status,
  };
}

/** One attempt to download the photos of an order: it ends with {@link complete} or with {@link abandon}. */
export class Download implements PhotoTargets {
  readonly #targets = new Map<PhotoKind, SinkTarget>();
  readonly #transaction: PhotoTransaction;

  constructor(
    private readonly orderNo: string,
    private readonly attempt: number,
    destination: PhotoDestination,
  ) {
    this.#transaction = typeof destination === 'function' ? sinkTransaction(destination) : destination.transaction();
  }

  open(kind: PhotoKind): PhotoTarget {
    const { orderNo, attempt } = this;
    const target = new SinkTarget((mediaType) => {
      return this.#transaction.open(kind, { orderNo, mediaType, extension: extensionOf(mediaType), attempt });
    });
    this.#targets.set(kind, target);
    return target;
  }

  /** The whole response has come and is good: keep the photos. @throws {@link SinkFailure} when a directory cannot */
  async complete(): Promise<DownloadedPhoto[]> {
    const whole = PHOTO_KINDS.flatMap((kind) => {
      const photo = this.#targets.get(kind)?.photo;
      return photo ? [{ kind, ...photo }] : [];
    });
    const paths = await this.#transaction.commit(whole.map(({ kind }) => kind)).catch((error: unknown) => {
      throw new SinkFailure(error);
    });
    return whole.map((photo) => {
      const path = paths.get(photo.kind);
      return path === undefined ? photo : { ...photo, path };
    });
  }

  /** The attempt has failed: destroy every Writable that has not finished, and leave no file. Never rejects. */
  async abandon(error: unknown): Promise<void> {
    const reason = error instanceof Error ? error : new Error('the download was abandoned', { cause: error });
    for (const target of this.#targets.values()) target.abandon(reason);
    await this.#transaction.discard().catch(() => undefined);
  }
}
