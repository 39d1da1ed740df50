import path from 'node:path';
import { type Environment, variable } from './variables.js';

/** Where the orders that the demo serves are kept. */
export interface ArchiveSettings {
  /** Evidence, queue and the list of served orders (`DEMO_ARCHIVE_DIRECTORY`). */
  readonly directory: string;
  /** The keys of the evidence (`DEMO_ARCHIVE_KEYS_DIRECTORY`). */
  readonly keysDirectory: string;
  /** What wraps those keys, by name, 32 bytes in Base64 (`DEMO_ARCHIVE_WRAPPING_KEYS`). */
  readonly wrappingKeys: Readonly<Record<string, string>>;
  /** The name of the last one, which wraps new keys. */
  readonly current: string;
}

const NAMES = ['DEMO_ARCHIVE_DIRECTORY', 'DEMO_ARCHIVE_KEYS_DIRECTORY', 'DEMO_ARCHIVE_WRAPPING_KEYS'] as const;
/** 32 bytes in Base64, under a name. */
const WRAPPING_KEY = /^(?<name>[A-Za-z0-9_-]{1,32}):(?<key>[A-Za-z0-9+/]{43}=)$/;

/**
 * Read the settings of the archive: all three variables, or none of them for no archive.
 *
 * @returns a sentence for each that is wrong, which repeats no value
 */
export function readArchiveSettings(env: Environment): {
  settings: ArchiveSettings | undefined;
  faults: string[];
} {
  const [directory = '', keysDirectory = '', wrapping = ''] = NAMES.map((name) => variable(env, name));
  if (directory + keysDirectory + wrapping === '') return { settings: undefined, faults: [] };
  const faults: string[] = [];
  for (const [name, value] of [
    [NAMES[0], directory],
    [NAMES[1], keysDirectory],
  ] as const) {
    if (value === '') faults.push(`${name}: is missing; the archive needs ${NAMES.join(', ')}`);
    else if (!path.isAbsolute(value)) faults.push(`${name}: must be an absolute path`);
  }
  if (directory !== '' && keysDirectory !== '' && (isIn(directory, keysDirectory) || isIn(keysDirectory, directory))) {
    faults.push(
      `${NAMES[1]}: must be neither ${NAMES[0]} nor below it or above it: who has both can read the evidence`,
    );
  }
  const entries = wrapping.split(',').map((entry) => WRAPPING_KEY.exec(entry.trim())?.groups);
  const wrappingKeys = Object.fromEntries(entries.map((groups) => [groups?.['name'] ?? '', groups?.['key'] ?? '']));
  if (wrapping === '' || entries.includes(undefined) || Object.keys(wrappingKeys).length < entries.length) {
    const fault = wrapping === '' ? 'is missing' : 'must be names with keys, name:key, separated by commas';
    faults.push(`${NAMES[2]}: ${fault}; make a key with: openssl rand -base64 32`);
  }
  const current = entries.at(-1)?.['name'] ?? '';
  return { settings: { directory, keysDirectory, wrappingKeys, current }, faults };
}

function isIn(inner: string, outer: string): boolean {
  return !path.relative(outer, inner).startsWith('..');
}
