import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Download } from '../../libs/bankcard-ocr/src/results/download/download.js';
import { toDirectory } from '../../libs/bankcard-ocr/src/results/download/photo-directory.js';

const KILLS = Number(process.env['KILLS'] ?? 10);
const SIZE = 300_000;

/** Downloads one order again and again, every time with other bytes; compiled by the set-up of the tests. */
const PROGRAM = `
const compiled = process.env.COMPILED_WORKERS + '/libs/bankcard-ocr/src/results/download/';
const { Download } = require(compiled + 'download.js');
const { toDirectory } = require(compiled + 'photo-directory.js');
(async () => {
  const directory = toDirectory(process.env.DIRECTORY);
  for (let round = 0; ; round = (round + 1) % 256) {
    const download = new Download('order1', 1, directory);
    for (const kind of ['original', 'crop', 'numberStrip']) {
      const target = download.open(kind);
      for (let piece = 0; piece < 30; piece += 1) await target.write(Buffer.alloc(${SIZE} / 30, round));
      await target.end();
    }
    await download.complete();
    console.log(round);
  }
})();
`;

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'photos-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('a process that is killed (kill -9) while it downloads', () => {
  it('leaves whole photos and hidden files, which the next one removes in time', async () => {
    const whole = new Set(Array.from({ length: 256 }, (_, round) => sha256(Buffer.alloc(SIZE, round))));
    const leftBehind: number[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = await hiddenFiles();
      const child = spawn(process.execPath, ['-e', PROGRAM], { env: { ...process.env, DIRECTORY: directory } });
      await once(child.stdout, 'data');
      // Anywhere within the rounds that follow, each of which takes some milliseconds.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
      child.kill('SIGKILL');
      await once(child, 'exit');
      const names = await readdir(directory);
      expect(names.filter((name) => !name.startsWith('.')).sort()).toEqual([
        'order1-crop.bin',
        'order1-numberStrip.bin',
        'order1-original.bin',
      ]);
      for (const name of names.filter((name) => !name.startsWith('.'))) {
        expect(whole).toContain(sha256(await readFile(join(directory, name))));
      }
      leftBehind.push((await hiddenFiles()).length - before.length);
    }
    // Else the kills have hit nothing.
    expect(Math.max(...leftBehind)).toBeGreaterThan(0);

    const longAgo = new Date(Date.now() - 3_700_000);
    for (const name of await hiddenFiles()) await utimes(join(directory, name), longAgo, longAgo);
    const next = new Download('order2', 1, toDirectory(directory));
    const target = next.open('crop');
    await target.write(Buffer.alloc(100));
    await target.end();
    await next.complete();
    expect(await hiddenFiles()).toEqual([]);
  });
});

async function hiddenFiles(): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.startsWith('.'));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
