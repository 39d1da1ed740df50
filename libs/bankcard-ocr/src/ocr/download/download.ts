import { PHOTO_KINDS, type PhotoKind } from '../../card/card-photo.js';
import { extensionOf } from '../../card/photo-extension.js';
import type { PhotoTarget, PhotoTargets } from '../../upstream/answer/photo-target.js';
import type { DownloadedPhoto } from './download-manifest.js';
import type { PhotoBatch } from './photo-batch.js';
import { batchOf, type PhotoDestination } from './photo-destination.js';
import { SinkFailure } from './sink-failure.js';
import { SinkTarget } from './sink.target.js';

/** One attempt to download the photos of an order: it ends with {@link complete} or with {@link abandon}. */
export class Download implements PhotoTargets {
  readonly #targets = new Map<PhotoKind, SinkTarget>();
  readonly #batch: PhotoBatch;

  constructor(
    private readonly orderNo: string,
    private readonly attempt: number,
    destination: PhotoDestination,
  ) {
    this.#batch = batchOf(destination);
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
