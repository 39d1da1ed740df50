import { type FileSystem, NODE_FILE_SYSTEM } from './file-system.js';

/** Enough digits for any safe integer, so that names sort as numbers do. */
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
  const pattern = new RegExp(String.raw`^${series}\.(\d{${DIGITS}})$`);
  const names = await files.readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const numbers = names.map((name) => Number(pattern.exec(name)?.[1] ?? Number.NaN));
  return numbers.filter(Number.isSafeInteger).sort((a, b) => a - b);
}
