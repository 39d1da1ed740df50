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
    return { name: /^\/\/ (\S+\.ts)\n/.exec(code)?.[1] ?? `block ${index + 1} without a file name`, code };
  });
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
