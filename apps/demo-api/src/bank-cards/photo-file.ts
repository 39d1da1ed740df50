import type { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import type { PhotoKind } from 'nestjs-bankcard-ocr';

/** The response with a photo. What is not known to be an image is sent as a download, so that no browser interprets it. */
export function photoFile(
  orderNo: string,
  kind: PhotoKind,
  mediaType: string,
  content: Readable | Buffer,
  length: number,
): StreamableFile {
  const isImage = mediaType.startsWith('image/');
  const options = {
    type: isImage ? mediaType : 'application/octet-stream',
    disposition: isImage ? 'inline' : `attachment; filename="${orderNo}-${kind}"`,
    length,
  };
  return content instanceof Uint8Array ? new StreamableFile(content, options) : new StreamableFile(content, options);
}
