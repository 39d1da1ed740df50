/** A type of picture that is told by its first bytes. */
export type ImageType = 'image/jpeg' | 'image/png' | 'image/bmp' | 'image/gif' | 'image/webp';

/** What {@link mediaTypeOf} says of bytes that it does not recognise. */
export const UNKNOWN_MEDIA_TYPE = 'application/octet-stream';

const MAGIC_BYTES: readonly (readonly [mediaType: ImageType, prefix: RegExp])[] = [
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/bmp', /^BM/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
];

/** So many bytes tell the type. */
export const MAGIC_LENGTH = 12;

/** The media type by the first bytes. */
export function mediaTypeOf(bytes: Buffer): ImageType | typeof UNKNOWN_MEDIA_TYPE {
  const beginning = bytes.toString('latin1', 0, MAGIC_LENGTH);
  return MAGIC_BYTES.find(([, prefix]) => prefix.test(beginning))?.[0] ?? UNKNOWN_MEDIA_TYPE;
}
