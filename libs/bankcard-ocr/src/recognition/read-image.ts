import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { type Cancellation, onAbort, raceAbort } from '../runtime/abort.js';
import { type ImageType, mediaTypeOf, UNKNOWN_MEDIA_TYPE } from '../card/card-photo.js';
import { BankCardOcrError, invalidArgument, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';

/** An image of a card's front: its bytes, a stream of them, or the path of a file. */
export type CardImageSource = Uint8Array | Readable | { readonly file: string };

/** 3 MB of Base64 (protocol.md section 2). With an MB of 1024 no image is refused here that Tencent would take. */
const MOST_BYTES = ((3 * 1024 * 1024) / 4) * 3;

/** @throws `IMAGE_TOO_LARGE`, `IMAGE_TYPE_NOT_ACCEPTED`, `INVALID_ARGUMENT`; a stream's own error */
export async function readImage(
  source: CardImageSource,
  types: readonly ImageType[],
  cancellation: Cancellation,
): Promise<Buffer> {
  const bytes = await bytesOf(source, cancellation);
  if (bytes.length === 0)
    throw invalidArgument(
      'the image is empty: send the bytes of a picture; a stream that was read before has none left',
      '图片为空',
    );
  if (bytes.length > MOST_BYTES) throw tooLarge();
  const type = mediaTypeOf(bytes);
  if (type !== UNKNOWN_MEDIA_TYPE && types.includes(type)) return bytes;
  const is = type === UNKNOWN_MEDIA_TYPE ? 'of no type that its first bytes identify' : type;
  throw new BankCardOcrError('IMAGE_TYPE_NOT_ACCEPTED', {
    message: `the image is ${is}; accepted are ${types.join(', ')} (imageTypes)`,
  });
}

async function bytesOf(source: unknown, cancellation: Cancellation): Promise<Buffer> {
  if (source instanceof Uint8Array) return Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  if (isReadable(source)) return collect(source, cancellation);
  const file = (source as { file?: unknown } | null | undefined)?.file;
  if (typeof file !== 'string' || file === '' || file.includes('\0'))
    throw invalidArgument(
      'the image must be a Buffer, a Readable, or { file } with the path of a file; ' +
        'make a Readable of a web stream with Readable.fromWeb()',
      '图片必须是 Buffer、Readable 或 { file: 文件路径 }',
    );
  try {
    // One byte more than is accepted is enough to detect a file that is too large.
    return await collect(createReadStream(file, { end: MOST_BYTES }), cancellation);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isBankCardOcrError(error) || typeof code !== 'string') throw error;
    // The path is not repeated: it may name a person.
    throw invalidArgument(
      `the file of the image cannot be read (${code}): see that it exists and may be read`,
      '图片文件无法读取',
    );
  }
}

/** Also one of the package readable-stream, whose classes are not Node's. */
export function isReadable(source: unknown): source is Readable {
  const { pipe, destroy, [Symbol.asyncIterator]: iterate } = (source ?? {}) as Partial<Readable>;
  return [pipe, destroy, iterate].every((method) => typeof method === 'function');
}

async function collect(stream: Readable, cancellation: Cancellation): Promise<Buffer> {
  cancellation.throwIfAborted();
  const forget = onAbort(cancellation, () => stream.destroy());
  try {
    // A stream that never closes, or a file that never opens, is not waited for.
    return await raceAbort(readAll(stream), cancellation);
  } catch (error) {
    cancellation.throwIfAborted();
    if ((error as NodeJS.ErrnoException | null)?.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    throw invalidArgument(
      'the stream of the image ended before the image did: it was closed, or read before',
      '图片流提前结束',
    );
  } finally {
    forget();
  }
}

/** Leaving the loop destroys the stream, whose later errors then end no process. */
async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<unknown>) {
    if (!(chunk instanceof Uint8Array))
      throw invalidArgument('the stream of the image must give bytes: do not set an encoding', '图片流必须输出字节');
    size += chunk.length;
    if (size > MOST_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(): BankCardOcrError {
  return new BankCardOcrError('IMAGE_TOO_LARGE', {
    message: `the image is larger than ${MOST_BYTES} bytes, which are 3 MB in Base64, Tencent's limit`,
  });
}
