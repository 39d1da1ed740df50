import type { Writable } from 'node:stream';
import type { PhotoExtension, PhotoKind } from '../../card/card-photo.js';

/** What is known of a photo when its first bytes have come. */
export interface PhotoMeta {
  readonly orderNo: string;
  /** By the first bytes, e.g. `image/jpeg`; `application/octet-stream` for bytes that we do not recognize. */
  readonly mediaType: string;
  /** A file's usual ending for that type, without a dot; `bin` when it is not recognized. */
  readonly extension: PhotoExtension;
  /**
   * 1, or more when a response broke off and the order was queried again. The photo then begins anew: the Writable of the
   * attempt before has been destroyed, unless it had finished.
   */
  readonly attempt: number;
  /** The photo has no more bytes than this; undefined when the length of the response is not known. */
  readonly maxBytes?: number | undefined;
}

/**
 * Opens a place for one photo: called when its first bytes have come, at most once for each kind and attempt. The bytes are
 * written with back-pressure, then the Writable is ended and waited for. Its errors, and those of this function, end the
 * download and reach the caller unchanged. It is destroyed with an error when the response breaks off or the photo turns out
 * to be damaged. What reads from a PassThrough is yours to wait for.
 */
export type PhotoSink = (photo: PhotoKind, meta: PhotoMeta) => Writable | Promise<Writable>;

/** The files of one attempt. */
export interface PhotoTransaction {
  readonly open: PhotoSink;
  /** The response is complete: keep these photos, which have been written whole, and nothing else. @returns their paths */
  commit(kinds: readonly PhotoKind[]): Promise<ReadonlyMap<PhotoKind, string>>;
  /** Leave nothing; does nothing about photos that were kept. Every Writable has been destroyed or has finished. */
  discard(): Promise<void>;
}
