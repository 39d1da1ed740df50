import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Child } from './child.js';

/** How long an instance may take until it has credentials. */
const READY_WITHIN_MS = 30_000;

/** One process of the fleet, on a port of its own, and whoever stands in front of it. */
export class Instance {
  readonly #running = new Set<Promise<unknown>>();

  private constructor(
    private readonly url: string,
    private readonly child: Child,
  ) {}

  /** Start one; it is ready when the promise resolves, as for a load balancer. */
  static async start(role: 'refresher' | 'reader', variables: NodeJS.ProcessEnv): Promise<Instance> {
    const env = { ...variables, BANKCARD_OCR_ROLE: role, PORT: '0' };
    const main = path.join(__dirname, '../main.js');
    const [child, url] = await Child.start(process.execPath, [main], env, /^listening on (.+)\n/m);
    const instance = new Instance(url, child);
    const giveUpAt = Date.now() + READY_WITHIN_MS;
    while (!(await instance.ask('ready')).ok) {
      if (Date.now() > giveUpAt) throw new Error(`the ${role} on ${url} has no credentials`);
      await pause(50);
    }
    return instance;
  }

  async ask(route: string): Promise<{ ok: boolean; text: string }> {
    const answer = this.#send(route);
    this.#running.add(answer);
    try {
      return await answer;
    } finally {
      this.#running.delete(answer);
    }
  }

  /** The running number of the credentials that it uses. */
  async generation(): Promise<number> {
    const { text } = await this.ask('ready');
    return (JSON.parse(text) as { generation: number }).generation;
  }

  /** Stop it when everything that was sent to it is answered; nobody may be sent there any more. @returns its exit code */
  async stop(): Promise<unknown> {
    await Promise.allSettled(this.#running);
    return this.child.stop();
  }

  async #send(route: string): Promise<{ ok: boolean; text: string }> {
    const answer = await fetch(`${this.url}/${route}`);
    return { ok: answer.ok, text: await answer.text() };
  }
}
