import { CONTESTANT_NAMES, type ContestantName } from '../contestants/contestant.js';
import { askPinned, CORES } from '../processes/pinned-process.js';
import { Findings } from '../report/finding.js';
import { PHOTO_ANSWER_BYTES } from '../vendor/photo-size.js';
import type { MemoryTask } from './memory-process.js';

const MANY = 50;
const OURS = ['ours-undici', 'ours-http'] as const;

/** What a process of the group has found out, or why it could not. */
export type MemoryAnswer = { readonly growth: number } | { readonly error: string };

/** Peak memory of many large answers at once, each way in a process of its own. */
export async function memory(): Promise<Findings> {
  const findings = new Findings();
  for (const name of OURS) {
    await add(findings, name, 'buffers');
    await add(findings, name, 'files');
    await compareWithOne(findings, name, 'sink', await add(findings, name, 'sink'));
  }
  for (const name of CONTESTANT_NAMES.filter((name) => !name.startsWith('ours'))) {
    const many = await add(findings, name, 'buffers');
    if (name === 'receive') await compareWithOne(findings, name, 'buffers', many);
  }
  return findings;
}

async function add(findings: Findings, name: ContestantName, way: MemoryTask['way']): Promise<MemoryAnswer> {
  const many = await measure({ name, way, answers: MANY, atOnce: MANY });
  findings.add(
    `memory-${way}-${name}`,
    `peak growth, 50 x 8 MB at once, ${titleOf(name, way)} / size of JSON`,
    'x',
    () => {
      return growthOf(many) / (MANY * PHOTO_ANSWER_BYTES.L);
    },
  );
  return many;
}

/** Whether what is held depends on how many answers come at once. */
async function compareWithOne(
  findings: Findings,
  name: ContestantName,
  way: MemoryTask['way'],
  many: MemoryAnswer,
): Promise<void> {
  const one = await measure({ name, way, answers: 1, atOnce: 1 });
  const inTurn = await measure({ name, way, answers: MANY, atOnce: 1 });
  const title = titleOf(name, way);
  findings.add(`memory-${way}-scaling-${name}`, `peak growth, ${title}, 50 at once / 1`, 'x', () => {
    return growthOf(many) / growthOf(one);
  });
  findings.add(`memory-${way}-in-turn-${name}`, `peak growth, ${title}, 50 at once / 50 one after another`, 'x', () => {
    return growthOf(many) / growthOf(inTurn);
  });
}

function titleOf(name: ContestantName, way: MemoryTask['way']): string {
  return name === 'receive' ? 'received and dropped' : `${name} to ${way === 'sink' ? 'a sink' : way}`;
}

function measure(task: MemoryTask): Promise<MemoryAnswer> {
  return askPinned({ script: 'groups/memory-process.js', args: [JSON.stringify(task)], core: CORES.client });
}

function growthOf(answer: MemoryAnswer): number {
  if ('error' in answer) throw new Error(answer.error);
  return answer.growth;
}
