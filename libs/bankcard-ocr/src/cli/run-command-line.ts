import { printable } from '../plain-text.js';
import { type CommandLine, readCommandLine } from './arguments.js';
import { prepareEnvironment } from './configuration.js';
import type { Text } from './text.js';
import { USAGE } from './usage.js';

/** Nothing was done, because the command was not understood. */
export const NOT_UNDERSTOOD = 2;

/**
 * Carry out a command and print its answer.
 *
 * @returns the exit code
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const command = readCommandLine(args);
  if (command.kind === 'help') return print(USAGE[command.language], 0);
  if (command.kind === 'fault') return refuse(command, command.wrong);
  const wrong = prepareEnvironment(command);
  if (wrong) return refuse(command, wrong);
  if (command.kind === 'doctor') {
    const [{ examine }, { doctorReport, exitCodeOf }] = await Promise.all([
      import('./doctor/doctor.command.js'),
      import('./doctor/doctor-report.js'),
    ]);
    const findings = await examine(command);
    return print(doctorReport(findings, command), exitCodeOf(findings));
  }
  const { explain } = await import('./sign/explain.command.js');
  const { refusal, report, exitCode } = await explain(command);
  return refusal ? refuse(command, refusal) : print(report, exitCode);
}

function print(answer: string, exitCode: number): number {
  process.stdout.write(`${forTerminal(answer)}\n`);
  return exitCode;
}

function refuse({ json, language }: Pick<CommandLine, 'json' | 'language'>, wrong: Text): number {
  if (json) {
    return print(
      JSON.stringify({ ok: false, exitCode: NOT_UNDERSTOOD, wrong: wrong[language] }, undefined, 2),
      NOT_UNDERSTOOD,
    );
  }
  process.stderr.write(`nestjs-bankcard-ocr: ${forTerminal(wrong[language])}\n`);
  return NOT_UNDERSTOOD;
}

/** Some of it comes from variables, files, a Redis or the vendor, and none of these may move the cursor. */
function forTerminal(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
