import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', '.tmp', '.git']);

/** Every markdown file of the repository, by its path from the root. */
export function markdownFiles(root: string, folder = ''): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : markdownFiles(root, name);
    return entry.name.endsWith('.md') ? [name] : [];
  });
}

/** The links of a page that lead nowhere: to a file that does not exist, or to a heading that the file does not have. */
export function brokenLinks(root: string, name: string, page: string): string[] {
  const prose = page.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\((?<target>[^)\s]+)\)/g)].map(({ groups }) => groups?.['target'] ?? '');
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [file = '', anchor] = target.split('#');
      const linked = file === '' ? name : path.join(path.dirname(name), decodeURIComponent(file));
      if (!existsSync(path.join(root, linked))) return true;
      if (anchor === undefined) return false;
      const text = file === '' ? page : readFileSync(path.join(root, linked), 'utf8');
      return !anchors(text).includes(decodeURIComponent(anchor));
    });
}

/** What code hosts make of headings. */
function anchors(page: string): string[] {
  return [...page.matchAll(/^#+ (?<heading>.+)$/gm)].map(({ groups }) => {
    const heading = (groups?.['heading'] ?? '').toLowerCase();
    return heading
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
  });
}
