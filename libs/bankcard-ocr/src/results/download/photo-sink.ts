import type { Writable } from 'node:stream';
import type { PhotoExtension, PhotoKind } from '../../card/card-photo.js';

/** What is known of a photo when its first bytes have come. */
export interface PhotoMeta {
  readonly orderNo: string;
  /** By the first bytes, e.g. `image/jpeg`; `application/octet-stream` for bytes that we do not recognize. */
  readonly mediaType: string;
  /** A file's usual ending for that type, without a dot; `bin` when it is not recognized. */
  readonly extension: PhotoExtension;
  /** 1, or more when the order was queried again: the photo begins anew, its Writable before has been destroyed. */
  readonly attempt: number;
  /** The photo has no more bytes than this; undefined when the length of the response is not known. */
  readonly maxBytes?: number | undefined;
}

/**
 * Opens a place for one photo, once for each kind and attempt, when its first bytes have come. Its errors end the
 * download and reach the caller unchanged. The Writable is ended and waited for, or destroyed with an error.
 */
export type PhotoSink = (photo: PhotoKind, meta: PhotoMeta) => Writable | Promise<Writable>;

export interface PhotoTransaction {
  readonly open: PhotoSink;
  /** The response is complete: keep these photos, which have been written whole, and nothing else. @returns their paths */
  commit(kinds: readonly PhotoKind[]): Promise<ReadonlyMap<PhotoKind, string>>;
  /** Leave nothing; does nothing about photos that were kept. Every Writable has been destroyed or has finished. */
  discard(): Promise<void>;
}
