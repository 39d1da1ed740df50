import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A block of code that names its file in its first line. */
export interface CodeBlock {
  readonly name: string;
  readonly code: string;
}

/** The TypeScript of a page, in its order. */
export function codeBlocks(page: string): CodeBlock[] {
  return [...page.matchAll(/^```ts\n(?<code>.*?)^```$/gms)].map(({ groups }, index) => {
    const code = groups?.['code'] ?? '';
    return { name: /^\/\/ (?:src\/)?(\S+\.ts)\n/.exec(code)?.[1] ?? `block ${index + 1} without a file name`, code };
  });
}

/**
 * The inside of the one block of a language that begins with `beginning`.
 *
 * @throws when the page has none
 */
export function blockWith(page: string, language: string, beginning: string): string {
  const blocks = [...page.matchAll(/^```(?<language>\w+)\n(?<code>.*?)^```$/gms)].flatMap(({ groups }) => {
    return groups?.['language'] === language ? (groups['code'] ?? '') : [];
  });
  const found = blocks.filter((code) => code.startsWith(beginning));
  if (found.length !== 1) throw new Error(`${found.length} blocks begin with "${beginning}", not one`);
  return found[0]!;
}

/**
 * Write the blocks to files of a new folder inside the repository, where packages are found from.
 *
 * @param root the repository
 */
export function writeBlocks(root: string, blocks: readonly CodeBlock[]): string {
  const parent = path.join(root, '.tmp');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(path.join(parent, 'readme-'));
  for (const { name, code } of blocks) writeFileSync(path.join(folder, name), code);
  return folder;
}
