import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { Worker } from './worker.js';

/** How {@link Refreshers} work. */
export interface RefresherSettings {
  readonly ticketStore: string;
  readonly overlapMs: number;
  readonly intervalMs: number;
  readonly processes: number;
}

/** How long a process stays in each phase, so that there is a middle to be disturbed in. */
const HOLD_MS = 150;

/** Several processes that refresh and query, on a sandbox of their own; one after the other is disturbed. */
export class Refreshers implements AsyncDisposable {
  readonly #workers: Worker[] = [];

  private constructor(
    readonly sandbox: KycSandbox,
    private readonly settings: RefresherSettings,
  ) {}

  static async start(settings: RefresherSettings): Promise<Refreshers> {
    const appId = `IDA${Math.random().toString(36).slice(2, 10)}`;
    const sandbox = await KycSandbox.start({ appId, unknownOrders: 'invent', overlapMs: settings.overlapMs });
    const refreshers = new Refreshers(sandbox, settings);
    await Promise.all(Array.from({ length: settings.processes }, () => refreshers.join()));
    return refreshers;
  }

  /** How many tokens the vendor has issued. */
  get issued(): number {
    return this.sandbox.calls.codes.access_token['0'] ?? 0;
  }

  /** Start one more; it has served a query when the promise resolves. */
  async join(): Promise<void> {
    const { sandbox, settings } = this;
    const worker = Worker.start('refresher.worker', {
      ...{ URL: sandbox.url, APP_ID: sandbox.appId, SECRET: sandbox.secret, TICKET_STORE: settings.ticketStore },
      ...{ INTERVAL_MS: String(settings.intervalMs), OVERLAP_MS: String(settings.overlapMs), HOLD_MS: String(HOLD_MS) },
    });
    await worker.line('served ');
    this.#workers.push(worker);
  }

  /** The process that comes into a phase next; the moment it has said so. */
  async nextIn(phase: string): Promise<Worker> {
    return Promise.race(this.#workers.map((worker) => worker.nextLine(`in ${phase}`).then(() => worker)));
  }

  /** All but one have taken up a generation that they did not have. */
  async adoptedByAllBut(one: Worker): Promise<void> {
    await Promise.all(this.#workers.filter((worker) => worker !== one).map((worker) => worker.nextLine('adopted ')));
  }

  forget(worker: Worker): void {
    this.#workers.splice(this.#workers.indexOf(worker), 1);
  }

  /** Let all end. @returns how many queries failed, and what the vendor has to say */
  async stop(): Promise<{ failed: number; rejected: number; misuse: string[]; recoveries: number }> {
    const { sandbox } = this;
    const failures = await Promise.all(
      this.#workers.map(async (worker) => {
        const report = worker.nextLine('queried ');
        worker.tell('stop');
        return Number((await report).split(' ')[1]);
      }),
    );
    const failed = failures.reduce((sum, some) => sum + some, 0);
    const misuse = sandbox.misuse().map(({ kind }) => kind);
    return { failed, rejected: sandbox.rejected, misuse, recoveries: sandbox.recoveries().length };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.kill()));
    await this.sandbox.stop();
  }
}
