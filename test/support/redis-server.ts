import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Whether this machine has a redis-server of its own; without one its stories are skipped, which the run says once. */
const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** Whether stories that need a redis-server run. Where everything must run (CI) a missing one is a failure. */
export const storiesOfRedis = hasRedis || process.env['CI'] === 'true';

/** `describe` and `it` for stories that need a redis-server. */
export const describeWithRedis = storiesOfRedis ? describe : describe.skip;
export const itWithRedis = storiesOfRedis ? it : it.skip;

/** A real redis-server of its own, on a free port, that keeps nothing on disk. */
export class RedisServer implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'redis-'));
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly settings: readonly string[],
  ) {}

  /** @param settings as on the command line of redis-server */
  static async start(...settings: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), settings);
    await server.startAgain();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  /** Start it again after it was stopped: empty, on the same port. */
  async startAgain(): Promise<void> {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#directory];
    const memoryOnly = ['--save', '', '--appendonly', 'no', '--loglevel', 'notice'];
    const child = spawn('redis-server', [...place, ...memoryOnly, ...this.settings], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (/Ready to accept connections/.test(line)) resolve();
      });
      child.once('exit', (code) => reject(new Error(`redis-server ended with ${code} before it was ready`)));
    });
  }

  /** kill -9, and wait for the end. What it held is gone. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** It stands still, its connections stay open. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** A TCP port that nobody uses. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
