import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { BadRequestException, HttpException, UnsupportedMediaTypeException, ValidationPipe } from '@nestjs/common';
import { RecognizeBankCardDto } from 'nestjs-bankcard-ocr/http';
import { UPLOAD_LIMITS } from '../server/upload-limits.js';
import { readRest } from './rest-of-upload.js';

/** A request as @fastify/multipart makes it. */
export interface UploadRequest {
  readonly raw: IncomingMessage;
  isMultipart(): boolean;
  /** The fields and files in the order of the form. */
  parts(): AsyncIterable<UploadPart>;
}

type UploadPart =
  | { readonly type: 'field'; readonly fieldname: string; readonly value: unknown }
  | { readonly type: 'file'; readonly fieldname: string; readonly file: Readable };

/** The part of the response that an upload may change. */
export interface UploadReply {
  header(name: string, value: string): unknown;
}

/** An image that was uploaded, and what was said about it. */
export interface CardUpload {
  readonly image: Buffer;
  readonly about: RecognizeBankCardDto;
}

const FIELDS = new ValidationPipe({ transform: true, whitelist: true });
const TEXTS: readonly string[] = ['orderNo', 'userId'] satisfies (keyof RecognizeBankCardDto)[];
const WHAT_TO_SEND =
  'send the text fields orderNo and userId, each once or not at all, and behind them one file, image';

/**
 * Take a form with an image in, to its end: a recognition is billed, and nothing of the form is overlooked.
 *
 * @returns the image; one that is too large is cut, and still too large for the library
 * @throws {@link UnsupportedMediaTypeException} for what is no form
 * @throws {@link BadRequestException} for one that has something else in it, no image, or half of one
 */
export async function readCardUpload(request: UploadRequest, reply: UploadReply): Promise<CardUpload> {
  if (!request.isMultipart()) throw new UnsupportedMediaTypeException('send a form: multipart/form-data');
  try {
    return await readForm(request.parts());
  } catch (error) {
    if (error instanceof HttpException) throw error;
    throw new BadRequestException('the form cannot be read: it is malformed, or ended before the image did');
  } finally {
    if (!(await readRest(request.raw))) reply.header('connection', 'close');
  }
}

async function readForm(parts: AsyncIterable<UploadPart>): Promise<CardUpload> {
  const texts = new Map<string, unknown>();
  let upload: CardUpload | undefined;
  for await (const part of parts) {
    if (upload) throw wrong('something stands behind the image');
    if (part.type === 'field') {
      if (!TEXTS.includes(part.fieldname)) throw wrong('there is a field of another name');
      if (texts.has(part.fieldname)) throw wrong('there is a field twice');
      texts.set(part.fieldname, part.value);
      continue;
    }
    if (part.fieldname !== 'image') throw wrong('there is a file of another name');
    const about = await readTexts(texts);
    upload = { image: await readFile(part.file), about };
    // It is refused whatever follows it.
    if (upload.image.length >= UPLOAD_LIMITS.fileSize) return upload;
  }
  if (!upload) throw wrong('there is no file');
  return upload;
}

async function readTexts(texts: ReadonlyMap<string, unknown>): Promise<RecognizeBankCardDto> {
  return FIELDS.transform(Object.fromEntries(texts), { type: 'body', metatype: RecognizeBankCardDto });
}

async function readFile(file: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of file as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= UPLOAD_LIMITS.fileSize) break;
  }
  return Buffer.concat(chunks, size);
}

function wrong(what: string): BadRequestException {
  return new BadRequestException(`${what}: ${WHAT_TO_SEND}`);
}
