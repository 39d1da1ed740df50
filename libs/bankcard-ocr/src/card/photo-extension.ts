import type { ImageType, UNKNOWN_MEDIA_TYPE } from './media-type.js';

/** The ending of a photo's file name, without a dot. */
export type PhotoExtension = 'jpg' | 'png' | 'bmp' | 'gif' | 'webp' | 'bin';

/** The type of a photo, or that it is not recognised. */
export type PhotoMediaType = ImageType | typeof UNKNOWN_MEDIA_TYPE;

const EXTENSIONS: Readonly<Record<PhotoMediaType, PhotoExtension>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/bmp': 'bmp',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'application/octet-stream': 'bin',
};

/** How the name of such a file ends. */
export function extensionOf(mediaType: PhotoMediaType): PhotoExtension {
  return EXTENSIONS[mediaType];
}
