import type { ResultRetention } from '../../card/bank-card-ocr-result.js';
import type { CardPhotos, PhotoKind } from '../../card/card-photo.js';
import type { PhotoMeasures } from '../../card/photo-measure.js';

/** A photo that has reached its sink whole. */
export interface DownloadedPhoto extends PhotoMeasures {
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
