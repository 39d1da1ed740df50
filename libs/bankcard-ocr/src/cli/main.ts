#!/usr/bin/env node
import { runCommandLine } from './run-command-line.js';

/** What hangs after a check has given up is not waited for. */
const LINGER_MS = 500;

function end(exitCode: number): void {
  process.exitCode ||= exitCode;
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

// The reader of a pipe may have closed it, as `head` does (EPIPE): the exit code still says how it ended.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') process.exitCode = 1;
  });
}

runCommandLine(process.argv.slice(2)).then(end, (error: unknown) => {
  // Its text is not printed: it may repeat a secret.
  const name = error instanceof Error && /^\w{1,40}$/.test(error.name) ? error.name : 'Error';
  process.stderr.write(`nestjs-bankcard-ocr: broke down (${name})\n`);
  end(1);
});
