import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

const NEWLINE = 0x0a;
/**
 * Only ever at the end, and for the owner only. Nothing is followed or waited for: a link could lead the lines elsewhere, and
 * the end of a pipe may never be read.
 */
const FLAGS =
  constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const MODE = 0o600;

interface Pending {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A file of lines that only grows. A line is on disk when {@link append} returns: written whole, and flushed. Lines that come
 * while another is being flushed go together, in one write and one flush.
 *
 * When the file was renamed or removed, the next line goes into a new one under the old name: a rotation needs no signal.
 * A file that was truncated in place goes on at its beginning.
 */
export class AuditFile {
  #handle: FileHandle | undefined;
  #pending: Pending[] = [];
  #writing: Promise<void> | undefined;
  /** The file ends in the middle of a line: of a write that failed, or of a process that was killed. */
  #isTorn = false;

  /** @param path of the file, which is opened for the first line */
  constructor(private readonly path: string) {}

  /** @throws an error of the file system, or one whose message says what is wrong with the file, which is made if need be */
  static async check(path: string): Promise<void> {
    const file = new AuditFile(path);
    await file.#open();
    await file.close();
  }

  /** @throws an error of the file system: the line may be in the file all the same */
  async append(line: string): Promise<void> {
    if (/[\r\n]/.test(line)) throw new RangeError('an audit line is one line');
    await new Promise<void>((resolve, reject) => {
      this.#pending.push({ line, resolve, reject });
      this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
    });
  }

  /** Wait for lines that are being written, and close the file. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#close();
  }

  async #writeAll(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = [];
      try {
        await this.#write(batch.map(({ line }) => `${line}\n`).join(''));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        // After a failed flush the kernel may report success for pages that it has lost: the next write opens anew.
        await this.#close().catch(() => undefined);
        for (const { reject } of batch) reject(error);
      }
    }
  }

  async #write(text: string): Promise<void> {
    const handle = await this.#current();
    const bytes = Buffer.from(this.#isTorn ? `\n${text}` : text);
    let written = 0;
    while (written < bytes.length) {
      // What fails half-way leaves half a line, unless the half ends with one.
      this.#isTorn = true;
      written += (await handle.write(bytes, written)).bytesWritten;
    }
    this.#isTorn = false;
    await handle.datasync();
  }

  /** The file that has the name now. */
  async #current(): Promise<FileHandle> {
    if (!this.#handle) return this.#open();
    const [named, opened] = await Promise.all([this.#named(), this.#handle.stat()]);
    if (named?.ino === opened.ino && named.dev === opened.dev) return this.#handle;
    await this.#close();
    return this.#open();
  }

  async #named(): Promise<Stats | undefined> {
    try {
      return await stat(this.path);
    } catch {
      // Opening it says what is wrong.
      return undefined;
    }
  }

  async #open(): Promise<FileHandle> {
    const handle = await open(this.path, FLAGS, MODE);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw new Error('it is no ordinary file');
      if ((stats.mode & 0o077) !== 0) throw new Error('users other than its owner may use it: chmod 600');
      this.#isTorn = await endsInALine(handle, stats.size);
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#handle = handle;
    return handle;
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}

/** Whether a file ends in the middle of a line. */
async function endsInALine(handle: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 && buffer[0] !== NEWLINE;
}
