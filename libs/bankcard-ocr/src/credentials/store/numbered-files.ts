import { dirname, join } from 'node:path';
import { type FileSystem, undefinedWhenMissing } from '../../runtime/file-system.js';
import type { Random } from '../../runtime/random.js';
import { HIGHEST_NUMBER } from '../ticket-record.js';

/** Enough digits for any number, so that names sort as numbers do. */
const DIGITS = 16;

/** Files of a directory whose names count, e.g. `record.0000000000000012`. */
export class NumberedFiles {
  readonly #pattern: RegExp;

  constructor(
    private readonly directory: string,
    readonly series: string,
    private readonly files: FileSystem,
    private readonly random: Random,
  ) {
    this.#pattern = new RegExp(String.raw`^${series}\.(\d{${DIGITS}})$`);
  }

  path(number: number): string {
    return join(this.directory, `${this.series}.${String(number).padStart(DIGITS, '0')}`);
  }

  /** The numbers that exist, lowest first, except those that nobody could count on from; none without the directory. */
  async numbers(): Promise<number[]> {
    const names = (await this.files.readdir(this.directory).catch(undefinedWhenMissing)) ?? [];
    const numbers = names.map((name) => Number(this.#pattern.exec(name)?.[1]));
    return numbers.filter((number) => number > 0 && number < HIGHEST_NUMBER).sort((a, b) => a - b);
  }

  async remove(...numbers: readonly number[]): Promise<void> {
    await Promise.all(numbers.map((number) => removeOrRename(this.path(number), this.files, this.random)));
  }
}

/** Clear a path. What cannot be removed, e.g. a folder, keeps its content under another name; never fails. */
export async function removeOrRename(path: string, files: FileSystem, random: Random): Promise<void> {
  await files
    .unlink(path)
    .catch(async () => files.rename(path, join(dirname(path), `removed.${random.id()}`)))
    .catch(() => undefined);
}
