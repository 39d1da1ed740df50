import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DirectoryEvidenceStore, type EvidenceStore } from 'nestjs-bankcard-ocr/archive';

/** A place where an archive keeps its objects, as somebody sees it who can change what is stored. */
export interface EvidencePlace {
  /** A further store on the place. */
  open(): EvidenceStore;
  /** The names of objects, each with a slash in front, or of those that contain `part`; in the order of characters. */
  names(part?: string): string[];
  get(name: string): Buffer;
  set(name: string, bytes: Buffer | string): void;
  delete(name: string): void;
  end(): Promise<void>;
}

export async function startDirectory(): Promise<EvidencePlace> {
  const folder = mkdtempSync(path.join(tmpdir(), 'evidence-'));
  const root = path.join(folder, 'evidence');
  return {
    open: () => new DirectoryEvidenceStore(root),
    names: (part = '') => {
      if (!existsSync(root)) return [];
      return readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name).slice(root.length))
        .filter((name) => name.includes(part))
        .sort();
    },
    get: (name) => readFileSync(path.join(root, name)),
    set: (name, bytes) => {
      chmodSync(path.join(root, name), 0o600);
      writeFileSync(path.join(root, name), bytes);
    },
    delete: (name) => unlinkSync(path.join(root, name)),
    end: async () => rmSync(folder, { recursive: true }),
  };
}

/** Where the cases of archive.story.ts keep their evidence. */
export const archivePlace = { start: startDirectory };
