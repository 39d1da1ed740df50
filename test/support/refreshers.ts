import type { TicketStatus } from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { Worker } from './worker.js';

/** The vendor's overlap, and the interval that it advises. */
const OVERLAP_MS = 60_000;
const INTERVAL_MS = 1_200_000;
const LOOK_EVERY_MS = 100;

/** What has come of it, when all is at rest. */
export interface RefreshersReport {
  /** Queries that failed, in all processes together. */
  readonly failed: number;
  readonly rejected: number;
  readonly misuse: readonly string[];
}

/**
 * Several processes that refresh and query by the vendor's real times, on a sandbox whose own clock stands: however slow
 * the machine is, no ticket dies before the story says so.
 */
export class Refreshers implements AsyncDisposable {
  readonly workers: Worker[] = [];

  private constructor(
    readonly sandbox: KycSandbox,
    private readonly clock: ManualClock,
    private readonly ticketStore: string,
  ) {}

  static async start(ticketStore: string, processes: number): Promise<Refreshers> {
    const appId = `IDA${Math.random().toString(36).slice(2, 10)}`;
    const clock = new ManualClock();
    const sandbox = await KycSandbox.start({ appId, unknownOrders: 'invent', overlapMs: OVERLAP_MS, clock });
    const refreshers = new Refreshers(sandbox, clock, ticketStore);
    await Promise.all(Array.from({ length: processes }, () => refreshers.join()));
    return refreshers;
  }

  /** How many tokens the vendor has issued. */
  get issued(): number {
    return this.sandbox.calls.codes.access_token['0'] ?? 0;
  }

  /** Start one more; it has served a query when the promise resolves. @returns the generation that it served */
  async join(): Promise<number> {
    const { sandbox } = this;
    const worker = Worker.start('refresher.worker', {
      ...{ URL: sandbox.url, APP_ID: sandbox.appId, SECRET: sandbox.secret, TICKET_STORE: this.ticketStore },
      ...{ INTERVAL_MS: String(INTERVAL_MS), OVERLAP_MS: String(OVERLAP_MS) },
    });
    this.workers.push(worker);
    return Number(await worker.line('served '));
  }

  /** Kill a process, which from now on is not one of these any more. */
  async kill(worker: Worker): Promise<void> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    await worker.kill();
  }

  /** All but one want a refresh, and wait until they have something newer. */
  async refreshAllBut(one: Worker): Promise<void> {
    const others = this.workers.filter((worker) => worker !== one);
    await Promise.all(
      others.map(async (worker) => {
        const adopted = worker.nextLine('adopted ');
        worker.tell('refresh');
        await adopted;
      }),
    );
  }

  /** All but one have taken up a generation that they had not when this was called. */
  async adoptedByAllBut(one: Worker): Promise<void> {
    await Promise.all(this.workers.filter((worker) => worker !== one).map((worker) => worker.nextLine('adopted ')));
  }

  /** Wait until all use the same generation and nothing is under way. @returns its number */
  async atRest(): Promise<number> {
    let peaceful = 0;
    for (;;) {
      const statuses = await this.#looks();
      const ids = new Set(statuses.map(({ generationId }) => generationId));
      const busy = statuses.some(({ refreshing, failure }) => refreshing || failure);
      // Twice: what one has written as its last step may have come after the looks of the others.
      peaceful = ids.size === 1 && !busy ? peaceful + 1 : 0;
      if (peaceful === 2) return statuses[0]?.generation ?? 0;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /**
   * Let all stop querying and come to rest, let whatever is not the newest die at the vendor, and query once more in each.
   */
  async judge(): Promise<RefreshersReport> {
    const { sandbox } = this;
    await this.atRest();
    const calm = await this.#ask('calm');
    this.clock.advance(OVERLAP_MS + 1);
    const outcomes = await this.#ask('query');
    const failures = calm.map((line) => Number(line.split(' ')[1]));
    return {
      failed: failures.reduce((sum, some) => sum + some, 0) + outcomes.filter((outcome) => outcome !== 'ok').length,
      rejected: sandbox.rejected,
      misuse: sandbox.violations().map(({ kind }) => kind),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.workers.splice(0).map((worker) => worker.kill()));
    await this.sandbox.stop();
  }

  async #looks(): Promise<TicketStatus[]> {
    return (await this.#ask('look')).map((line) => JSON.parse(line) as TicketStatus);
  }

  #ask(command: string): Promise<string[]> {
    return Promise.all(
      this.workers.map((worker) => {
        const told = worker.nextLine(`${command} `);
        worker.tell(command);
        return told;
      }),
    );
  }
}
