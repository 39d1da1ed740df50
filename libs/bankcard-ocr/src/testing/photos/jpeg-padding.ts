const START_OF_IMAGE_BYTES = 2;

/** APP0, the JFIF header, has to stay the first segment. */
const APP0 = 0xffe0;

/** A COM segment is FF FE, two bytes of length that count themselves, and up to 65 533 bytes of comment. */
const COMMENT_HEADER_BYTES = 4;
const LONGEST_COMMENT = 65_533;

/** The same picture in about `bytes` bytes: comments are put in behind the JFIF header, decoders skip them. */
export function padJpeg(jpeg: Buffer, bytes: number): Buffer {
  const comments: Buffer[] = [];
  for (let missing = bytes - jpeg.length; missing > COMMENT_HEADER_BYTES;) {
    const length = Math.min(missing - COMMENT_HEADER_BYTES, LONGEST_COMMENT);
    const comment = Buffer.alloc(length + COMMENT_HEADER_BYTES, 'SANDBOX ');
    comment.writeUInt16BE(0xfffe, 0);
    comment.writeUInt16BE(length + 2, 2);
    comments.push(comment);
    missing -= comment.length;
  }
  const at = endOfHeader(jpeg);
  return Buffer.concat([jpeg.subarray(0, at), ...comments, jpeg.subarray(at)]);
}

function endOfHeader(jpeg: Buffer): number {
  if (jpeg.readUInt16BE(START_OF_IMAGE_BYTES) !== APP0) return START_OF_IMAGE_BYTES;
  return START_OF_IMAGE_BYTES + 2 + jpeg.readUInt16BE(START_OF_IMAGE_BYTES + 2);
}
