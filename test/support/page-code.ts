import { rmSync } from 'node:fs';
import path from 'node:path';
import { codeBlocks, writeBlocks } from './readme-code.js';
import { readPage, ROOT } from './readme-pages.js';

/** The code of some pages, written to files that know each other. */
export interface PageCode {
  readonly folder: string;
  /** A block as a module, by the name in its first line; loading one that is a test registers it. */
  load(file: string): unknown;
  remove(): void;
}

/** Write the code of pages to a folder; at once, not in a hook: tests among it are registered with the story. */
export function writePages(...names: string[]): PageCode {
  const folder = writeBlocks(
    ROOT,
    names.flatMap((name) => codeBlocks(readPage(name))),
  );
  return {
    folder,
    load: (file) => jest.requireActual<object>(path.join(folder, file)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
