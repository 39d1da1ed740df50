import { parseArgs } from 'node:util';
import { GROUPS } from './groups/groups.js';
import { answerOf, askPinned, CORES, startPinned } from './processes/pinned-process.js';
import { type Finding, medianOf } from './report/finding.js';
import { printTable } from './report/print-table.js';
import { saveReport } from './report/save-report.js';
import { failed, judge, type Verdict } from './report/verdict.js';
import { asEnvironment, type VendorAddress } from './vendor/vendor-address.js';

async function main(): Promise<void> {
  const chosen = chooseGroups();
  const vendor = startPinned({ script: 'vendor/vendor-process.js', core: CORES.vendor });
  const address = await answerOf<VendorAddress>(vendor);
  const verdicts: Verdict[] = [];
  try {
    for (const group of chosen) verdicts.push(...judge(group, await runGroup(group, address)));
  } finally {
    vendor.disconnect();
  }
  printTable(verdicts);
  const name = saveReport(process.env['BENCH_RESULTS'] ?? '', verdicts, chosen.length === Object.keys(GROUPS).length);
  console.log(
    `bench/results/${name}: ${failed(verdicts) ? 'a goal that must be met was missed' : 'every must is met'}`,
  );
  process.exitCode = failed(verdicts) ? 1 : 0;
}

/** How many processes measure a group: where memory decides, some of them collect garbage several times as often as others. */
const PROCESSES: Readonly<Partial<Record<string, number>>> = { photos: 5 };

/** A group that breaks down leaves the others their turns; its goals are then unmeasured. */
async function runGroup(group: string, address: VendorAddress): Promise<Finding[]> {
  const began = performance.now();
  const asked = { script: 'groups/group-process.js', args: [group], core: CORES.client, env: asEnvironment(address) };
  const runs: Finding[][] = [];
  for (let count = 0; count < (PROCESSES[group] ?? 1); count += 1) {
    const findings = await askPinned<Finding[]>(asked).catch((error: unknown) => {
      console.error(`${group}: ${String(error)}`);
      return [];
    });
    runs.push(findings);
  }
  const findings = medianOf(runs);
  console.log(`${group}: ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  return findings;
}

function chooseGroups(): string[] {
  const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
  const names = Object.keys(GROUPS);
  const chosen = values.only?.flatMap((value) => value.split(',')) ?? names;
  const unknown = chosen.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; there are ${names.join(', ')}`);
  return chosen;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
