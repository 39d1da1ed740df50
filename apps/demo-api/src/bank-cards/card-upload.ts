import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { BadRequestException, UnsupportedMediaTypeException, ValidationPipe } from '@nestjs/common';
import { RecognizeBankCardDto } from 'nestjs-bankcard-ocr/http';

/** A request as @fastify/multipart makes it. */
export interface UploadRequest {
  readonly raw: IncomingMessage;
  isMultipart(): boolean;
  /** The first file, and the fields that stand before it. */
  file(): Promise<{ readonly file: Readable; readonly fields: Readonly<Record<string, unknown>> } | undefined>;
}

/** An image that is being uploaded, and what was said about it. */
export interface CardUpload {
  readonly image: Readable;
  readonly about: RecognizeBankCardDto;
}

const FIELDS = new ValidationPipe({ transform: true, whitelist: true });

/**
 * Take a form with an image in; its text fields stand before the file, because the file is passed on while it arrives.
 *
 * @param use what to do with it; the upload ends with that, whether all of it was read or not
 * @throws {@link UnsupportedMediaTypeException} for what is no form
 * @throws {@link BadRequestException} for one without an image, or with half of one
 */
export async function withCardUpload<T>(request: UploadRequest, use: (upload: CardUpload) => Promise<T>): Promise<T> {
  if (!request.isMultipart()) throw new UnsupportedMediaTypeException('send a form: multipart/form-data');
  let image: Readable | undefined;
  let broken: unknown;
  try {
    const part = await request.file();
    if (!part) throw new BadRequestException('the form has no file: put the image of the card into it');
    image = part.file;
    image.once('error', (error) => (broken = error));
    const about: RecognizeBankCardDto = await FIELDS.transform(textsIn(part.fields), {
      type: 'body',
      metatype: RecognizeBankCardDto,
    });
    return await use({ image, about });
  } catch (error) {
    if (broken !== undefined && error === broken) throw new BadRequestException('the form ended before the image did');
    throw error;
  } finally {
    image?.destroy();
    await drain(request.raw);
  }
}

/** Some clients read no answer before they have sent everything; the server's `requestTimeout` ends those that never do. */
async function drain(request: IncomingMessage): Promise<void> {
  request.unpipe();
  request.resume();
  if (!request.readableEnded && !request.destroyed) await finished(request).catch(() => undefined);
}

/** A field that stands there twice is no text, and not valid. */
function textsIn(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, field]) => !isFile(field))
      .map(([name, field]) => [name, Array.isArray(field) ? field.map(textOf) : textOf(field)]),
  );
}

function textOf(field: unknown): unknown {
  return (field as { value?: unknown } | undefined)?.value;
}

function isFile(field: unknown): boolean {
  return (field as { type?: unknown } | undefined)?.type === 'file';
}
