import { join } from 'node:path';
import { type FileSystem, NODE_FILE_SYSTEM, undefinedWhenMissing } from '../../runtime/file-system.js';
import { type Random, SYSTEM_RANDOM } from '../../runtime/random.js';
import { HIGHEST_NUMBER } from '../ticket-record.js';

/** Enough digits for any number, so that names sort as numbers do. */
const DIGITS = 16;

/** The name of file number `number` of a series, e.g. `record.0000000000000012`. */
export function numberedName(series: string, number: number): string {
  return `${series}.${String(number).padStart(DIGITS, '0')}`;
}

/** The numbers of a series that exist in a directory, lowest first; none when the directory does not exist. */
export async function listNumbers(
  directory: string,
  series: string,
  files: FileSystem = NODE_FILE_SYSTEM,
): Promise<number[]> {
  return (await listSeries(directory, series, files)).numbers;
}

/** What exists of a series; `beyond` are names whose number nobody could count on from, and which count for nothing. */
export async function listSeries(
  directory: string,
  series: string,
  files: FileSystem = NODE_FILE_SYSTEM,
): Promise<{ numbers: number[]; beyond: string[] }> {
  const pattern = new RegExp(String.raw`^${series}\.(\d{${DIGITS}})$`);
  const names = (await files.readdir(directory).catch(undefinedWhenMissing)) ?? [];
  const numbers: number[] = [];
  const beyond: string[] = [];
  for (const name of names) {
    const digits = pattern.exec(name)?.[1];
    if (digits === undefined) continue;
    const number = Number(digits);
    if (number > 0 && number < HIGHEST_NUMBER) numbers.push(number);
    else beyond.push(name);
  }
  return { numbers: numbers.sort((a, b) => a - b), beyond };
}

/** Clear a name. What cannot be removed, e.g. a folder, keeps its content under another name; never fails. */
export async function removeOrRename(
  directory: string,
  name: string,
  files: FileSystem = NODE_FILE_SYSTEM,
  random: Random = SYSTEM_RANDOM,
): Promise<void> {
  const where = join(directory, name);
  await files
    .unlink(where)
    .catch(async () => files.rename(where, join(directory, `removed.${random.id()}`)))
    .catch(() => undefined);
}
