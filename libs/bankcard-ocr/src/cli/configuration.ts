import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { BankCardOcrConfigurationError, type ConfigurationIssue } from '../errors/configuration-error.js';
import { bankCardOcrOptionsFromEnv } from '../options/options-from-env.js';
import { type ResolvedOptions, resolveOptions } from '../options/resolve-options.js';
import { checkAccountName } from '../account/account-name.js';
import { type ConfigurationChoice, INPUT_LIMITS } from './arguments.js';
import { type Text, text } from '../errors/text.js';

/** The options of the environment, or all that is wrong with them. */
export type Configuration =
  | { readonly options: ResolvedOptions }
  | { readonly options: undefined; readonly faults: readonly ConfigurationIssue[] };

/**
 * Bring the variables of a file into the environment, where they are not set already.
 *
 * @returns what is wrong with the choice; undefined when nothing is
 */
export function prepareEnvironment({ name, envFile }: ConfigurationChoice): Text | undefined {
  try {
    if (name !== undefined) checkAccountName(name);
  } catch {
    return text(
      '--name must be a letter and up to 31 more letters, digits, _ or -',
      '--name 必须以字母开头，最多再跟 31 个字母、数字、_ 或 -',
    );
  }
  if (envFile === undefined) return undefined;
  try {
    const variables = parseEnv(readTextFile('--env', envFile, INPUT_LIMITS.envFileBytes));
    // As Node.js does with --env-file: what is set already stays.
    for (const [variable, value] of Object.entries(variables)) process.env[variable] ??= value;
    return undefined;
  } catch (error) {
    if (!(error instanceof InputRefused)) throw error;
    return error.why;
  }
}

/** Read the options as an application does that takes them from the environment. */
export function readConfiguration(name: string | undefined): Configuration {
  try {
    return { options: resolveOptions(bankCardOcrOptionsFromEnv(process.env, name), name) };
  } catch (error) {
    if (!(error instanceof BankCardOcrConfigurationError)) throw error;
    return { options: undefined, faults: error.issues };
  }
}

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
