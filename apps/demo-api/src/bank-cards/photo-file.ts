import { StreamableFile } from '@nestjs/common';
import type { CardPhoto } from 'nestjs-bankcard-ocr';

/** The response for a photo. What is not known to be an image is sent as a download, so that no browser interprets it. */
export function photoFile(orderNo: string, { bytes, kind, mediaType, size }: CardPhoto): StreamableFile {
  const isImage = mediaType.startsWith('image/');
  return new StreamableFile(bytes, {
    type: isImage ? mediaType : 'application/octet-stream',
    disposition: isImage ? 'inline' : `attachment; filename="${orderNo}-${kind}"`,
    length: size,
  });
}
