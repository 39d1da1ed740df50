import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { codeOrNameOf } from '../errors/redaction.js';
import { InputRefused, refusal } from './arguments.js';

/** How much the command line takes from outside: far more than is needed, little enough to be read at once. */
export const INPUT_LIMITS = {
  /** Bytes of the file of `--env`. */
  envFileBytes: 256 * 1_024,
  /** Bytes of stdin, and milliseconds until it has to end; a person at a terminal may take longer. */
  stdinBytes: 64 * 1_024,
  stdinMs: 60_000,
  /** Bytes of order numbers on stdin. */
  ordersBytes: 64 * 1_024 * 1_024,
  /** Tickets to compare with. */
  tickets: 100,
} as const;

/**
 * Read a small text file. Nothing but a regular file is read: a FIFO or a device may block for ever, or never end.
 * @throws {@link InputRefused}
 */
export async function readTextFile(source: string, path: string, limitBytes: number): Promise<string> {
  let file: FileHandle | undefined;
  try {
    // To open a FIFO without a writer would block.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
    if (!(await file.stat()).isFile()) throw refused(source, 'must name a regular file', '必须是普通文件');
    return await readTextStream(source, file.createReadStream({ autoClose: false, end: limitBytes }), limitBytes);
  } catch (error) {
    throw asRefusal(source, error);
  } finally {
    await file?.close();
  }
}

/**
 * Read a stream of a small text to its end; one that is too long, or does not end in time, is destroyed.
 *
 * @param limitMs undefined for no limit
 * @throws {@link InputRefused}
 */
export async function readTextStream(
  source: string,
  stream: Readable,
  limitBytes: number,
  limitMs?: number,
): Promise<string> {
  const seconds = (limitMs ?? 0) / 1_000;
  const late = refused(source, `has not ended within ${seconds} s`, `在 ${seconds} 秒内没有结束`);
  const timer = limitMs === undefined ? undefined : setTimeout(() => stream.destroy(late), limitMs);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      // To leave the loop destroys the stream.
      if (length > limitBytes) throw refused(source, `has more than ${limitBytes} bytes`, `超过 ${limitBytes} 字节`);
      chunks.push(chunk);
    }
    return textOf(source, Buffer.concat(chunks));
  } catch (error) {
    throw asRefusal(source, error);
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

function asRefusal(source: string, error: unknown): InputRefused {
  if (error instanceof InputRefused) return error;
  const code = codeOrNameOf(error);
  return refused(source, `cannot be read (${code})`, `无法读取（${code}）`);
}

/** @param source what it is called on the command line */
function refused(source: string, en: string, zh: string): InputRefused {
  return refusal(`${source} ${en}`, `${source} ${zh}`);
}
