import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Contestant, ContestantName } from '../contestants/contestant.js';
import { createContestant } from '../contestants/create-contestant.js';
import { orderNumber } from '../contestants/order-number.js';
import type { Ours } from '../contestants/ours.contestant.js';
import { inFlight } from '../measures/in-flight.js';
import { peakGrowth } from '../measures/peak-memory.js';
import { giveAnswer } from '../processes/pinned-process.js';

/** What one process measures. */
export interface MemoryTask {
  readonly name: ContestantName;
  readonly way: 'buffers' | 'sink' | 'files';
  readonly answers: number;
  /** How many of them are asked for at once. */
  readonly atOnce: number;
}

async function main(): Promise<void> {
  const { name, way, answers, atOnce } = JSON.parse(process.argv[2] ?? '{}') as MemoryTask;
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-photos-'));
  try {
    const contestant = await createContestant(name);
    const ask = await wayOf(contestant, way, folder);
    // Connections, code and the first allocations are there before anything is counted.
    for (let index = 0; index < 20; index += 1) await contestant.query(orderNumber(index));
    await ask(orderNumber(1, 'M'));
    const kept: unknown[] = [];
    const growth = await peakGrowth(() =>
      inFlight(answers, atOnce, async (index) => kept.push(await ask(orderNumber(index, 'L')))),
    );
    giveAnswer({ growth, kept: kept.length });
  } catch (error) {
    giveAnswer({ error: String(error) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function wayOf(contestant: Contestant, way: MemoryTask['way'], folder: string) {
  if (way === 'buffers') return (orderNo: string) => contestant.photos(orderNo);
  const ours = contestant as Ours;
  if (way === 'sink') return (orderNo: string) => ours.toSink(orderNo);
  const { toDirectory } = await import('nestjs-bankcard-ocr');
  const directory = toDirectory(folder);
  return (orderNo: string) => ours.toFiles(orderNo, directory);
}

void main();
