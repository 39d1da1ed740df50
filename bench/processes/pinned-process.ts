import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

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
    env: {
      ...process.env,
      // axios would send even what is meant for this machine through a proxy of the environment.
      NO_PROXY: '127.0.0.1',
      no_proxy: '127.0.0.1',
      // On Node 20 the SDK of the archive's bucket says in every process that it will want a newer one.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      ...env,
    },
  });
}

/** Wait for the next message of a process that was started. */
export async function answerOf<T>(child: ChildProcess, timeoutMs = 1_200_000): Promise<T> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, 'exit', { signal }).then(([code, by]: unknown[]) => {
    throw new Error(`the process ended early (${String(by ?? code)})`);
  });
  const late = sleep(timeoutMs, undefined, { signal }).then(() => {
    child.kill('SIGKILL');
    throw new Error(`no answer within ${timeoutMs} ms`);
  });
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended, late])) as [T];
    return message;
  } finally {
    over.abort();
    await Promise.allSettled([ended, late]);
  }
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
