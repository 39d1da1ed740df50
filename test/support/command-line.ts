import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** How a run of the command line ended. */
export interface CommandLineRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Everything that it printed. */
  readonly shown: string;
}

/** What `--json` prints, as far as stories look at it. */
export interface DoctorDocument {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly checks: readonly {
    readonly check: string;
    readonly about?: string;
    readonly status: string;
    readonly found: string;
    readonly todo?: string;
    readonly facts?: Readonly<Record<string, unknown>>;
  }[];
}

/** How a run is set up; nothing of the environment of the tests reaches it. */
export interface CommandLineSetting {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** The path of what stands in the place of stdout, as the shell's `>` has it; `closed` is a pipe whose reader has left. */
  readonly stdoutTo?: string;
  /** The name of a file of test/workers that is loaded first. */
  readonly preload?: string;
}

const CLOSED = 'closed';

/** Run the compiled command line as a process of its own, as `npx` does: no options for Node.js. */
export async function runCommandLine(
  args: readonly string[],
  setting: CommandLineSetting = {},
): Promise<CommandLineRun> {
  const compiled = process.env['COMPILED_WORKERS'] ?? '';
  const { env, stdin = '', stdoutTo, preload } = setting;
  const first = preload === undefined ? [] : ['--require', path.join(compiled, `test/workers/${preload}.js`)];
  const main = path.join(compiled, 'libs/bankcard-ocr/src/cli/main.js');
  const output = stdoutTo === undefined || stdoutTo === CLOSED ? undefined : openSync(stdoutTo, constants.O_WRONLY);
  const child = spawn(process.execPath, [...first, main, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['pipe', output ?? 'pipe', 'pipe'],
  }) as ChildProcessByStdio<Writable, Readable | null, Readable>;
  if (output !== undefined) closeSync(output);
  if (stdoutTo === CLOSED) child.stdout?.destroy();
  // It may end before it has read everything.
  child.stdin.on('error', () => undefined).end(stdin);
  const [stdout, stderr] = await Promise.all([
    child.stdout && stdoutTo !== CLOSED ? text(child.stdout) : '',
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { exitCode: child.exitCode, stdout, stderr, shown: stdout + stderr };
}

/** Run `doctor --json`, and give what it found: the status of every check, a host or the like behind its name. */
export async function examine(
  args: readonly string[],
  setting: CommandLineSetting,
): Promise<{ run: CommandLineRun; document: DoctorDocument; statuses: Record<string, string[]> }> {
  const run = await runCommandLine(['doctor', '--json', ...args], setting);
  const document = JSON.parse(run.stdout) as DoctorDocument;
  const statuses: Record<string, string[]> = {};
  for (const { check, status } of document.checks) (statuses[check] ??= []).push(status);
  return { run, document, statuses };
}
