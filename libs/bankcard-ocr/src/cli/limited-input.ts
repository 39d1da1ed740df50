import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { type Text, text } from './text.js';

/** How much the command line takes from outside: far more than anybody needs, little enough to be read at once. */
export const INPUT_LIMITS = {
  /** Arguments, and characters of each. */
  arguments: 64,
  argumentLength: 1_024,
  /** Bytes of the file of `--env`. */
  envFileBytes: 256 * 1_024,
  /** Bytes of stdin, and milliseconds until it has to end; a person at a terminal may take longer. */
  stdinBytes: 64 * 1_024,
  stdinMs: 60_000,
  /** Tickets to compare with, and characters of each; Tencent's have 64. */
  tickets: 100,
  ticketLength: 1_024,
} as const;

/** Something from outside is not taken; `why` begins with where it comes from, and repeats nothing of it. */
export class InputRefused extends Error {
  override name = 'InputRefused';

  constructor(readonly why: Text) {
    super(why.en);
  }
}

/** Say why something is not taken. @param source what it is called on the command line */
export function refused(source: string, en: string, zh: string): InputRefused {
  return new InputRefused(text(`${source} ${en}`, `${source} ${zh}`));
}

/**
 * Read a small text file. Nothing but a file is read: a FIFO or a device may block for ever, or never end.
 *
 * @throws {@link InputRefused}
 */
export function readTextFile(source: string, path: string, limitBytes: number): string {
  let file: number | undefined;
  try {
    if (!statSync(path).isFile()) throw notAFile(source);
    // Another one may stand there by now: a FIFO without a writer would block, and what is no file is not read.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
    if (!fstatSync(file).isFile()) throw notAFile(source);
    return textOf(source, readBytes(source, file, limitBytes));
  } catch (error) {
    throw refusalOf(source, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Its size is not asked for: some files say that they are empty, and others grow. */
function readBytes(source: string, file: number, limitBytes: number): Buffer {
  const buffer = Buffer.alloc(limitBytes + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length < buffer.length;) {
    read = readSync(file, buffer, length, buffer.length - length, null);
    length += read;
  }
  if (length > limitBytes) throw tooLarge(source, limitBytes);
  return buffer.subarray(0, length);
}

/** A stream of bytes or text. */
export type InputStream = AsyncIterable<Uint8Array | string> & { destroy(error: Error): unknown };

/**
 * Read a stream of a small text to its end; one that is too long, or does not end in time, is destroyed.
 *
 * @param limitMs undefined for no limit
 * @throws {@link InputRefused}
 */
export async function readTextStream(
  source: string,
  stream: InputStream,
  limitBytes: number,
  limitMs: number | undefined,
): Promise<string> {
  const late = (ms: number) => refused(source, `has not ended within ${ms / 1_000} s`, `在 ${ms / 1_000} 秒内没有结束`);
  const timer = limitMs === undefined ? undefined : setTimeout(() => stream.destroy(late(limitMs)), limitMs);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      length += bytes.length;
      // To leave the loop destroys the stream.
      if (length > limitBytes) throw tooLarge(source, limitBytes);
      chunks.push(bytes);
    }
    return textOf(source, Buffer.concat(chunks));
  } catch (error) {
    throw refusalOf(source, error);
  } finally {
    clearTimeout(timer);
  }
}

/** Control characters other than tabs and line ends. */
const NOT_TEXT = /[^\P{Cc}\t\n\r]/u;

function textOf(source: string, bytes: Uint8Array): string {
  let decoded = '\0';
  try {
    // A mark of byte order, as some editors write it, is dropped.
    decoded = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Refused below.
  }
  if (NOT_TEXT.test(decoded)) throw refused(source, 'is not text in UTF-8', '不是 UTF-8 文本');
  return decoded;
}

function notAFile(source: string): InputRefused {
  return refused(source, 'must name a regular file', '必须是普通文件');
}

function tooLarge(source: string, limitBytes: number): InputRefused {
  return refused(source, `has more than ${limitBytes} bytes`, `超过 ${limitBytes} 字节`);
}

function refusalOf(source: string, error: unknown): InputRefused {
  if (error instanceof InputRefused) return error;
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown fault';
  return refused(source, `cannot be read (${code})`, `无法读取（${code}）`);
}
