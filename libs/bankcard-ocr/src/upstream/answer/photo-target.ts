import type { PhotoKind } from '../../card/card-photo.js';

/** Takes the decoded bytes of one photo as they arrive. */
export interface PhotoTarget {
  /**
   * @param bytes good only until this returns, or until the promise that it returned is settled
   * @returns a promise when no more is to come until it is fulfilled; its rejection ends the exchange
   */
  write(bytes: Buffer): Promise<void> | undefined;
  /** All bytes have come. The promise is waited for as that of {@link write} is. */
  end(): Promise<void> | undefined;
  /** The text turned out not to be Base64: what came before is not a photo. */
  damaged(): void;
}

/** Where the photos of one answer go. */
export interface PhotoTargets {
  /**
   * The beginning of a photo; called once at most for each kind.
   *
   * @param mostBytes the photo cannot be larger, when that is known
   */
  open(kind: PhotoKind, mostBytes: number | undefined): PhotoTarget;
}
