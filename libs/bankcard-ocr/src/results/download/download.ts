import type { Writable } from 'node:stream';
import type { BankCardOcrResult } from '../../card/bank-card-ocr-result.js';
import { type CardPhotos, extensionOf, PHOTO_KINDS, type PhotoKind } from '../../card/card-photo.js';
import { invalidArgument } from '../../errors/bank-card-ocr-error.js';
import type { PhotoTarget, PhotoTargets } from '../../vendor/response/photo-buffers.js';
import type { Provenance } from '../../vendor/http/provenance.js';
import type { ResultClient } from '../../vendor/result.client.js';
import type { OrderQuery } from '../order-query.js';
import { PhotoDirectory } from './photo-directory.js';
import { type PhotoMeta, type PhotoSink, SinkFailure, SinkTarget, type WrittenPhoto } from './sink.target.js';

export type PhotoDestination = PhotoSink | PhotoDirectory;

/** A photo that has reached its sink whole. */
export interface DownloadedPhoto extends WrittenPhoto {
  readonly kind: PhotoKind;
  /** The file, an absolute path; only of a download to a directory ({@link toDirectory}). */
  readonly path?: string;
}

/** What a download has brought. Nothing in it is secret. */
export interface DownloadManifest extends Pick<BankCardOcrResult, 'orderNo' | 'bizSeqNo' | 'operatedAt' | 'retention'> {
  /** What Tencent recognized, from the same response; of its photos it has the status only. */
  readonly result: BankCardOcrResult;
  /** In the order of {@link PHOTO_KINDS}. */
  readonly photos: readonly DownloadedPhoto[];
  /** Photos that came, but not as readable Base64: their sinks have no photo. */
  readonly damaged: readonly PhotoKind[];
  /** As {@link CardPhotos.status}: `complete` when at least one came, `pending` when none has yet, `gone` when none will. */
  readonly status: CardPhotos['status'];
  /** Where the response came from, and how many requests it took, retries and polls included. */
  readonly provenance: Partial<Provenance> & { readonly attempts: number };
}

export function checkPhotoDestination(destination: unknown): asserts destination is PhotoDestination {
  if (typeof destination === 'function' || destination instanceof PhotoDirectory) return;
  throw invalidArgument(
    'the sink must be a function that returns a Writable for each photo, or toDirectory(path)',
    'sink 必须是返回 Writable 的函数，或 toDirectory(path)',
  );
}

/** @throws the error of the destination as it is */
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
      const download = new Download(request.signed.orderNo, attempt, destination);
      try {
        // Accepted before anything is kept: photos of a card that is rejected leave no file.
        let provenance: Provenance | undefined;
        const observed = { ...request, onProvenance: (found: Provenance) => void (provenance = found) };
        const result = await results.queryResult(observed, download, (found, nowMs) => query.accept(found, nowMs));
        const manifest = manifestOf(result, await download.complete(), { ...provenance, attempts: attempt });
        return { photos: result.photos, manifest };
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

function manifestOf(
  result: BankCardOcrResult,
  downloaded: readonly DownloadedPhoto[],
  provenance: DownloadManifest['provenance'],
): DownloadManifest {
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
    provenance,
  };
}

/** Where the photos of one attempt go, or the files of a sibling product; a place is opened with its first bytes. */
export class SinkTargets<Name extends string> implements PhotoTargets<Name> {
  readonly #targets = new Map<Name, SinkTarget>();

  constructor(
    private readonly attempt: Pick<PhotoMeta, 'orderNo' | 'attempt'>,
    private readonly openSink: (name: Name, meta: PhotoMeta) => Writable | Promise<Writable>,
  ) {}

  open(name: Name, maxBytes?: number): PhotoTarget {
    const target = new SinkTarget((mediaType) => {
      return this.openSink(name, { ...this.attempt, mediaType, extension: extensionOf(mediaType), maxBytes });
    });
    this.#targets.set(name, target);
    return target;
  }

  written(name: Name): WrittenPhoto | undefined {
    return this.#targets.get(name)?.photo;
  }

  /** The attempt has failed: destroy every Writable that has not finished. */
  async abandon(error: unknown): Promise<void> {
    const reason = error instanceof Error ? error : new Error('the attempt was abandoned', { cause: error });
    for (const target of this.#targets.values()) target.abandon(reason);
  }
}

/** One attempt to download the photos of an order: it ends with {@link complete} or with {@link abandon}. */
export class Download extends SinkTargets<PhotoKind> {
  readonly #transaction: ReturnType<PhotoDirectory['transaction']> | undefined;

  constructor(orderNo: string, attempt: number, destination: PhotoDestination) {
    const transaction = typeof destination === 'function' ? undefined : destination.transaction();
    super({ orderNo, attempt }, transaction ? transaction.open : (destination as PhotoSink));
    this.#transaction = transaction;
  }

  /** The whole response has come and is good: keep the photos. @throws {@link SinkFailure} when a directory cannot */
  async complete(): Promise<DownloadedPhoto[]> {
    const whole = PHOTO_KINDS.flatMap((kind) => {
      const photo = this.written(kind);
      return photo ? [{ kind, ...photo }] : [];
    });
    try {
      return (await this.#transaction?.commit(whole)) ?? whole;
    } catch (error) {
      throw new SinkFailure(error);
    }
  }

  override async abandon(error: unknown): Promise<void> {
    await super.abandon(error);
    await this.#transaction?.discard().catch(() => undefined);
  }
}
