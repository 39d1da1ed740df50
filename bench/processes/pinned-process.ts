import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import path from 'node:path';

/** Client and vendor do not share a core where there are two, so that neither takes the other's caches. */
export const CORES = { client: 0, vendor: 1 } as const;

const canPin = cpus().length > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** What a process is started with. */
export interface PinnedProcessOptions {
  /** Below `bench/`, e.g. `vendor/vendor-process.js`. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly core: number;
  readonly env?: Record<string, string>;
}

/** Start a process of the bench on a core of its own, with a channel to it. */
export function startPinned({ script, args = [], core, env = {} }: PinnedProcessOptions): ChildProcess {
  const flags = ['--expose-gc', '--disable-warning=ExperimentalWarning', '--enable-source-maps'];
  const file = path.join(process.env['BENCH_ROOT'] ?? '', script);
  const command = [process.execPath, ...flags, file, ...args];
  const [program = '', ...rest] = canPin ? ['taskset', '-c', String(core), ...command] : command;
  return spawn(program, rest, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // axios would send even what is meant for this machine through a proxy of the environment.
    env: { ...process.env, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1', ...env },
  });
}

/** Wait for the one message of a process that was started. */
export function answerOf<T>(child: ChildProcess, timeoutMs = 1_200_000): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    child.once('message', (message) => {
      clearTimeout(timer);
      resolve(message as T);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`the process ended early (${signal ?? code})`));
    });
  });
}

/** Start a process and wait for what it finds out. */
export async function askPinned<T>(options: PinnedProcessOptions): Promise<T> {
  const child = startPinned(options);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const answer = await answerOf<T>(child);
  await ended;
  return answer;
}

// Nobody waits for the answer any more.
process.once('disconnect', () => process.exit(1));

/** Hand the answer to whoever started this process, and end: kept connections would keep it alive. */
export function giveAnswer(answer: unknown): void {
  process.send?.(answer, () => process.exit(0));
}
