import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process whose lines of output are read, and that does not outlive this one. */
export class Child {
  readonly lines: string[] = [];
  readonly #ended: Promise<unknown[]>;

  private constructor(readonly process: ChildProcess) {
    this.#ended = once(process, 'close');
    const kill = () => process.kill('SIGKILL');
    globalThis.process.once('exit', kill);
    process.once('close', () => globalThis.process.off('exit', kill));
  }

  /** @returns the process, once it has printed what is looked for */
  static async start(command: string, args: string[], env: NodeJS.ProcessEnv, line: RegExp): Promise<Child> {
    const process = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const child = new Child(process);
    const found = new Promise<void>((resolve) => {
      createInterface({ input: process.stdout }).on('line', (text) => {
        child.lines.push(text);
        if (line.test(text)) resolve();
      });
    });
    const ended = child.#ended.then(([code]) => {
      throw new Error(`${command} ended with ${String(code)} before it was ready\n${child.lines.join('\n')}`);
    });
    await Promise.race([found, ended]);
    ended.catch(() => undefined);
    return child;
  }

  /** The lines that begin with this word, without it. */
  said(word: string): string[] {
    return this.lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  }

  /** Ask it to stop, as a deployment does. @returns its exit code */
  async stop(): Promise<unknown> {
    this.process.kill('SIGTERM');
    const [code] = await this.#ended;
    return code;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#ended;
  }
}
