import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A process that is there once it has printed what is looked for, and that does not outlive this one. */
export class Child {
  readonly #ended: Promise<unknown[]>;

  private constructor(readonly process: ChildProcess) {
    this.#ended = once(process, 'close');
    const kill = () => process.kill('SIGKILL');
    globalThis.process.once('exit', kill);
    process.once('close', () => globalThis.process.off('exit', kill));
  }

  /** @returns the process, and what was found in its output */
  static async start(command: string, args: string[], env: NodeJS.ProcessEnv, line: RegExp): Promise<[Child, string]> {
    const process = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const child = new Child(process);
    let output = '';
    const found = new Promise<string>((resolve) => {
      process.stdout.setEncoding('utf8').on('data', (data: string) => {
        output += data;
        const match = line.exec(output);
        if (match) resolve(match[1] ?? match[0]);
      });
    });
    const ended = child.#ended.then(([code]) => {
      throw new Error(`${command} ended with ${String(code)} before it was ready\n${output}`);
    });
    return [child, await Promise.race([found, ended])];
  }

  /** Ask it to stop, as whoever runs services does. @returns its exit code */
  async stop(): Promise<unknown> {
    this.process.kill('SIGTERM');
    const [code] = await this.#ended;
    return code;
  }
}
