import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** A real process that runs one of the compiled files of test/workers. */
export class Worker {
  /** Everything that came on stdout and stderr. */
  output = '';
  readonly #lines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();
  readonly exited: Promise<unknown>;

  private constructor(readonly process: ChildProcess) {
    this.exited = once(process, 'exit');
    process.stderr!.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    createInterface({ input: process.stdout! }).on('line', (line) => {
      this.output += `${line}\n`;
      this.#lines.push(line);
      for (const listener of this.#listeners) listener(line);
    });
  }

  /** The compiled file of test/workers; `name` has no ending. */
  static fileOf(name: string): string {
    return path.join(process.env['COMPILED_WORKERS'] ?? '', 'test/workers', `${name}.js`);
  }

  /** @param name the file in test/workers without its ending */
  static start(name: string, env: Record<string, string> = {}, nodeOptions: string[] = []): Worker {
    const file = Worker.fileOf(name);
    const quiet = '--disable-warning=ExperimentalWarning';
    const child = spawn(process.execPath, [quiet, ...nodeOptions, file], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    return new Worker(child);
  }

  get lastLine(): string | undefined {
    return this.#lines.at(-1);
  }

  /** The first line, already seen or to come, that begins with `prefix`; what follows the prefix. */
  async line(prefix: string): Promise<string> {
    const seen = this.#lines.find((line) => line.startsWith(prefix));
    if (seen !== undefined) return seen.slice(prefix.length);
    return this.nextLine(prefix);
  }

  /** The next line that begins with `prefix`; what follows the prefix. */
  nextLine(prefix: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const onLine = (line: string) => {
        if (!line.startsWith(prefix)) return;
        this.#listeners.delete(onLine);
        resolve(line.slice(prefix.length));
      };
      this.#listeners.add(onLine);
      void this.exited.then(() => {
        if (this.#listeners.delete(onLine)) reject(new Error(`the worker ended before "${prefix}":\n${this.output}`));
      });
    });
  }

  /** Send a line to the worker's stdin. */
  tell(line: string): void {
    this.process.stdin!.write(`${line}\n`);
  }

  /** kill -9, and wait for the end. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGKILL');
    await this.exited;
  }
}
