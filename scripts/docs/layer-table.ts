import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { GeneratedParts } from './generated-parts.js';
import { code, markdownTable } from './markdown-table.js';

const LIBRARY = 'libs/bankcard-ocr';

interface Layers {
  /** From the bottom up. */
  readonly layers: readonly (readonly string[])[];
  readonly optionalPeers: Readonly<Record<string, string>>;
  /** What each folder holds. */
  readonly folders: Readonly<Record<string, string>>;
}

/**
 * The layers of the library, from the list that architecture.spec.ts checks.
 *
 * @throws when a folder has no line, or a line no folder
 */
export function layerTable(root: string): GeneratedParts {
  const { layers, optionalPeers, folders } = JSON.parse(
    readFileSync(path.join(root, LIBRARY, 'layers.json'), 'utf8'),
  ) as Layers;
  const source = path.join(root, LIBRARY, 'src');
  // What is below the sandbox is described as a whole.
  const present = ['index.ts', ...foldersIn(source).filter((name) => !name.startsWith('testing/'))];
  const missing = present.filter((name) => folders[name] === undefined);
  const gone = Object.keys(folders).filter((name) => !present.includes(name));
  if (missing.length > 0) throw new Error(`layers.json does not say what is in ${missing.join(', ')}`);
  if (gone.length > 0) throw new Error(`layers.json describes ${gone.join(', ')}, which does not exist`);

  const rows = layers.flatMap((names, index) => {
    const below = names.flatMap((name) => [name, ...present.filter((folder) => folder.startsWith(`${name}/`)).sort()]);
    return below.map((name) => {
      const peers = Object.keys(optionalPeers).filter((peer) => optionalPeers[peer] === name);
      const shown = name.endsWith('.ts') ? name : `${name}/`;
      return [String(index + 1), code(shown), folders[name] ?? '', peers.map(code).join(', ')];
    });
  });
  return new Map([['layers', markdownTable(['layer', 'folder', 'holds', 'optional peers'], rows)]]);
}

/** Every folder below this one, by its path from here. */
function foldersIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const found = entries.filter((entry) => entry.isDirectory());
  return found.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
}
