import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { median } from '../measures/median.js';
import { askPinned, CORES } from '../processes/pinned-process.js';
import { Findings } from '../report/finding.js';

const STARTS = 5;
const IMPORTS = 3;
const CONTESTANTS = ['ours-http', 'ours-undici', 'usual'] as const;
const ENTRIES = ['', '/config', '/http', '/redis', '/testing'];

/** What a process waits for before its first result, and how large the package is. Figures of this machine, no goals. */
export async function start(): Promise<Findings> {
  const findings = new Findings();
  for (const name of CONTESTANTS) {
    const times = await repeat('groups/cold-start-process.js', name, STARTS);
    findings.add(`cold-start-${name}`, `start of the process to the first result, ${name}`, 'ms', () =>
      median(times()),
    );
  }
  for (const name of [...ENTRIES.map((entry) => `nestjs-bankcard-ocr${entry}`), 'undici', '@nestjs/axios']) {
    const times = await repeat('groups/import-process.js', name, IMPORTS);
    findings.add(`import ${name}`, `import of ${name}, Nest being loaded`, 'ms', () => median(times()));
  }
  const dist = path.join(process.env['BENCH_ROOT'] ?? '', '../node_modules/nestjs-bankcard-ocr/dist');
  findings.add('dist-published', 'size of dist as published, both builds with types and source maps', 'kB', () =>
    sizeOf(dist, /$/),
  );
  findings.add('dist-maps', 'size of its source maps', 'kB', () => sizeOf(dist, /\.map$/));
  findings.add('dist-code', 'size of the JavaScript of one build', 'kB', () => sizeOf(path.join(dist, 'cjs'), /\.js$/));
  return findings;
}

async function repeat(script: string, name: string, total: number): Promise<() => number[]> {
  const times: number[] = [];
  for (let time = 0; time < total; time += 1) {
    const answer = await askPinned<number | string>({ script, args: [name], core: CORES.client });
    if (typeof answer === 'string') {
      return () => {
        throw new Error(answer);
      };
    }
    times.push(answer);
  }
  return () => times;
}

function sizeOf(folder: string, name: RegExp): number {
  const bytes = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
  return bytes / 1_000;
}
