import type { Verdict } from './verdict.js';

const SIGNS = { atMost: '<=', atLeast: '>=', exactly: '=' } as const;
const COLUMNS = ['figure', 'goal', 'verdict', 'what'] as const;

/** Print the verdicts, a group after the other, and why an aim was missed. */
export function printTable(verdicts: readonly Verdict[]): void {
  const rows = verdicts.map((verdict) => ({ group: verdict.group, cells: cellsOf(verdict) }));
  const widths = COLUMNS.map((name, column) =>
    Math.max(name.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    console.log(
      cells
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  let group: string | undefined;
  for (const row of rows) {
    if (row.group !== group) {
      group = row.group;
      console.log(`\n${group}`);
      line(COLUMNS);
    }
    line(row.cells);
  }
  console.log('');
}

function cellsOf({ value, unit, goal, verdict, what, skipped }: Verdict): string[] {
  const note = skipped ?? (verdict === 'missed' ? goal?.reason : undefined);
  return [
    value === undefined ? 'skipped' : `${shorten(value)} ${unit}`,
    goal ? `${goal.kind} ${SIGNS[goal.test]} ${shorten(goal.value)}` : '',
    verdict === 'info' ? '' : verdict === 'met' ? 'met' : verdict.toUpperCase(),
    note ? `${what} (${note})` : what,
  ];
}

function shorten(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
