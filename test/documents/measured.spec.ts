import { readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const { date, findings } = JSON.parse(read('bench/results/latest.json')) as {
  date: string;
  findings: readonly { readonly id: string; readonly value: number }[];
};
const measured = (id: string): string => findings.find((finding) => finding.id === id)!.value.toFixed(2);

/** The rows of the table in docs/photos.md: undici, http-service and, where it takes part, the usual client. */
const ROWS = [
  ['photos-8mb-undici', 'photos-8mb-http', 'photos-8mb-usual-axios'],
  ['photos-1mb-undici', 'photos-1mb-http', 'photos-1mb-usual-axios'],
  ['memory-buffers-ours-undici', 'memory-buffers-ours-http', 'memory-buffers-usual'],
  ['memory-files-ours-undici', 'memory-files-ours-http'],
  ['memory-sink-ours-undici', 'memory-sink-ours-http'],
  ['stall-undici-axios', 'stall-http-axios'],
] as const;

describe.each(['docs/photos.md', 'docs/photos.zh-CN.md'])('%s', (page) => {
  it('tells the ratios of the full run that is kept, and its date', () => {
    const text = read(page);
    const table = text.split('<!-- figures -->')[1]!.split('<!-- /figures -->')[0]!;
    const told = table
      .match(/^\|.*\|$/gm)!
      .slice(2)
      .map((row) =>
        row
          .split('|')
          .slice(2, -1)
          .map((cell) => cell.trim()),
      );
    const kept = ROWS.map(([undici, http, usual]) => {
      return [measured(undici), measured(http), usual === undefined ? '' : measured(usual)];
    });
    expect(told).toEqual(kept);
    expect(text).toContain(date.slice(0, 10));
  });
});
