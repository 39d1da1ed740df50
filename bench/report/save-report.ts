import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { failed, type Verdict } from './verdict.js';

/**
 * Keep everything as JSON, under its date and as the latest.
 *
 * @returns the file's name
 */
export function saveReport(folder: string, verdicts: readonly Verdict[], whole: boolean, now = new Date()): string {
  const report = {
    date: now.toISOString(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: cpus().length,
    passed: !failed(verdicts),
    findings: verdicts.map((verdict) => ({ ...verdict, value: verdict.value && Number(verdict.value.toPrecision(4)) })),
  };
  const text = `${JSON.stringify(report, undefined, 2)}\n`;
  const name = `${report.date.replace(/[:.]/g, '-')}.json`;
  writeFileSync(path.join(folder, name), text);
  // A part of the measurements must not replace all of them.
  if (whole) writeFileSync(path.join(folder, 'latest.json'), text);
  return name;
}
