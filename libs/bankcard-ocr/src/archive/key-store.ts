import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { DurableFile, makeDirectory, syncDirectory } from '../runtime/durable-file.js';
import { knownToEveryCopy } from '../runtime/every-copy.js';
import { undefinedWhenMissing } from '../runtime/file-system.js';
import { CoalescedRuns } from './coalesced-runs.js';
import { KEY_BYTES, seal, unseal } from './sealing.js';

/**
 * Keeps one data key for each order, apart from the evidence and mutable: destroying the key of an order erases
 * its evidence, also in places where nothing can be deleted. Backups of a key store must live shorter than that promise.
 * A store of your own proves itself with `keyStoreContract()` of the entry `/testing`.
 */
export abstract class KeyStore {
  static {
    knownToEveryCopy(this, 'key-store');
  }

  /**
   * The data key of that name, 32 bytes; made if there is none, and the same for all that ask at the same time. It is
   * durable when it is returned.
   * @throws `BankCardOcrError` `EVIDENCE_ERASED` when it was destroyed: there is never another one of that name
   */
  abstract create(name: string): Promise<Buffer>;
  /** The data key of that name; undefined when there is none, or it was destroyed. */
  abstract read(name: string): Promise<Buffer | undefined>;
  /** Destroy a data key for good; harmless when there is none. */
  abstract destroy(name: string): Promise<void>;
  /** Wrap every data key with the newest wrapping key. No evidence changes. @returns how many were wrapped anew */
  abstract rotate(): Promise<number>;
}

/** Wrapping keys of a {@link FileKeyStore}. */
export interface FileKeyStoreOptions {
  /** Made, mode 0700, when it is missing. Neither below the evidence nor in the same backup. */
  readonly directory: string;
  /** By their names, 32 bytes in Base64 each, e.g. from `openssl rand -base64 32`; from a secret manager. */
  readonly wrappingKeys: Readonly<Record<string, string>>;
  /** The name of the one that wraps new data keys. @default the only one */
  readonly current?: string | undefined;
}

/** A data key as it is stored. */
interface WrappedKey {
  readonly wrappedBy: string;
  readonly key: string;
}

/** Data keys as files, mode 0600, each encrypted with a wrapping key that is not stored with them. */
export class FileKeyStore extends KeyStore {
  readonly #directory: string;
  readonly #syncs = new CoalescedRuns((directory) => syncDirectory(directory));
  readonly #wrappingKeys: ReadonlyMap<string, Buffer>;
  readonly #current: string;

  /** @throws `BankCardOcrError` `CONFIGURATION` */
  constructor({ directory, wrappingKeys, current }: FileKeyStoreOptions) {
    super();
    this.#directory = directory;
    this.#wrappingKeys = new Map(Object.entries(wrappingKeys).map(([name, text]) => [name, wrappingKey(name, text)]));
    const [only = '', ...others] = this.#wrappingKeys.keys();
    this.#current = current ?? (others.length === 0 ? only : '');
    if (!this.#wrappingKeys.has(this.#current)) {
      throw configuration('current must be the name of one of wrappingKeys', 'current 必须是 wrappingKeys 中的名称');
    }
  }

  async create(name: string): Promise<Buffer> {
    const stored = await this.read(name);
    if (stored) return stored;
    const key = randomBytes(KEY_BYTES);
    const isNew = await this.#place(name, this.#wrap(name, key), async (file) => file.create(this.#pathOf(name)));
    // Checked after it was written: a destruction marks first, and removes then.
    if (await this.#isDestroyed(name)) {
      await this.#remove(name);
      throw new BankCardOcrError('EVIDENCE_ERASED');
    }
    if (isNew) return key;
    const first = await this.read(name);
    if (!first) throw new BankCardOcrError('EVIDENCE_ERASED');
    return first;
  }

  async read(name: string): Promise<Buffer | undefined> {
    const text = await readText(this.#pathOf(name));
    // A rotation may have written it once more while it was being destroyed.
    if (text === undefined || (await this.#isDestroyed(name))) return undefined;
    return this.#unwrap(name, text);
  }

  async destroy(name: string): Promise<void> {
    await this.#place(name, '', async (file) => file.create(this.#markOf(name)));
    await this.#remove(name);
    // A process that was killed may have left it under a temporary name, too.
    for (const temporary of await readdir(this.#temporaryFolder)) {
      if (temporary.startsWith(`${name}.`)) {
        await unlink(path.join(this.#temporaryFolder, temporary)).catch(undefinedWhenMissing);
      }
    }
    await syncDirectory(this.#temporaryFolder);
  }

  async rotate(): Promise<number> {
    let rotated = 0;
    for (const fileName of (await readdir(this.#directory).catch(undefinedWhenMissing)) ?? []) {
      if (!fileName.endsWith('.key')) continue;
      const name = fileName.slice(0, -'.key'.length);
      const text = await readText(this.#pathOf(name));
      const isDue = text !== undefined && wrapperOf(text) !== this.#current && !(await this.#isDestroyed(name));
      if (isDue) {
        const wrapped = this.#wrap(name, this.#unwrap(name, text));
        await this.#place(name, wrapped, async (file) => file.replace(this.#pathOf(name)).then(() => true));
        rotated += 1;
      }
      // What was destroyed meanwhile, or brought back by a rotation that was killed here, must not stay.
      if (await this.#isDestroyed(name)) await this.#remove(name);
    }
    return rotated;
  }

  /** Write a file and give it its name. @returns false when it has not got it: another was first, or it was destroyed */
  async #place(name: string, text: string, place: (file: DurableFile) => Promise<boolean>): Promise<boolean> {
    await makeDirectory(this.#temporaryFolder);
    const file = new DurableFile(this.#temporaryFolder, `${name}.${randomUUID()}.part`);
    try {
      await file.write(text);
      return await place(file).catch((error: NodeJS.ErrnoException) => undefinedWhenMissing(error) ?? false);
    } finally {
      await file.remove();
      await this.#syncs.run(this.#directory);
    }
  }

  #wrap(name: string, key: Buffer): string {
    const wrapped = seal(this.#wrappingKeys.get(this.#current)!, contextOf(name, this.#current), key);
    return JSON.stringify({ wrappedBy: this.#current, key: wrapped.toString('base64') } satisfies WrappedKey);
  }

  #unwrap(name: string, text: string): Buffer {
    try {
      const { wrappedBy, key } = JSON.parse(text) as WrappedKey;
      const wrapping = this.#wrappingKeys.get(wrappedBy);
      if (!wrapping) {
        throw configuration(
          `wrappingKeys has no key '${wrappedBy}', which wraps data keys: keep it until rotate() has ended`,
          `wrappingKeys 缺少密钥 '${wrappedBy}'：rotate() 完成前请保留`,
        );
      }
      return unseal(wrapping, contextOf(name, wrappedBy), Buffer.from(key, 'base64'));
    } catch (error) {
      if (error instanceof BankCardOcrError) throw error;
      throw configuration(
        'a data key cannot be unwrapped: another wrapping key, or a damaged file',
        '无法解开数据密钥：包装密钥不符，或文件损坏',
      );
    }
  }

  async #isDestroyed(name: string): Promise<boolean> {
    return (await readText(this.#markOf(name))) !== undefined;
  }

  async #remove(name: string): Promise<void> {
    await unlink(this.#pathOf(name)).catch(undefinedWhenMissing);
    await syncDirectory(this.#directory);
  }

  get #temporaryFolder(): string {
    return path.join(this.#directory, '.tmp');
  }

  #pathOf(name: string): string {
    return path.join(this.#directory, `${name}.key`);
  }

  /** A file that says for ever that the key was destroyed. */
  #markOf(name: string): string {
    return path.join(this.#directory, `${name}.destroyed`);
  }
}

/** The name of the key that wraps a data key. */
function wrapperOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as WrappedKey).wrappedBy;
  } catch {
    return undefined;
  }
}

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(undefinedWhenMissing);
}

function contextOf(name: string, wrappedBy: string): string {
  return `data key|${name}|${wrappedBy}`;
}

function wrappingKey(name: string, text: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length === KEY_BYTES) return key;
  if (text === '') {
    throw configuration(
      `the wrapping key '${name}' is empty: its variable is not set, or the validate function of ConfigModule drops it`,
      `包装密钥 '${name}' 为空：没有设置其环境变量，或者 ConfigModule 的 validate 函数丢弃了它`,
    );
  }
  throw configuration(
    `the wrapping key '${name}' must be 32 bytes in Base64: make one with openssl rand -base64 32`,
    `包装密钥 '${name}' 必须是 32 字节的 Base64：可用 openssl rand -base64 32 生成`,
  );
}

function configuration(message: string, messageZh: string): BankCardOcrError {
  return new BankCardOcrError('CONFIGURATION', { message, messageZh });
}
