/** The demo cannot start, and the message says how to fix it. */
export class StartError extends Error {
  override name = 'StartError';
}

/** End the process with what kept it from starting: a message that says it all, or, for a bug, the whole error. */
export function stopWith(error: unknown): void {
  if (error instanceof StartError) process.stderr.write(`${error.message}\n`);
  else console.error(error);
  process.exitCode = 1;
}
