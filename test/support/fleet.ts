import type { TicketStatus } from 'nestjs-bankcard-ocr';
import type { SandboxIdentity } from './application.js';
import { Worker } from './worker.js';

const LOOK_EVERY_MS = 100;

/** What became of some queries. */
export interface Tally {
  readonly ok: number;
  /** How many queries failed, by code. */
  readonly failed: Readonly<Record<string, number>>;
}

/** What the callers of an instance have had since its start, and how its credentials are. */
export interface InstanceReport extends Tally {
  /** How often its store has failed. */
  readonly storeFailed: number;
  readonly status: TicketStatus;
}

/** How the instances of a fleet are configured. */
export interface FleetSettings {
  readonly sandbox: SandboxIdentity;
  readonly ticketStore: string;
  /** @default what the library has */
  readonly intervalMs?: number;
  readonly overlapMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Files of test/workers that are loaded first. */
  readonly preload?: readonly string[];
}

/** Several real processes, each with the whole module, that share an app id. */
export class Fleet {
  readonly instances: Worker[] = [];
  readonly #environments = new Map<Worker, Readonly<Record<string, string>>>();
  /** What those had that have left the fleet. */
  readonly #left: Tally[] = [];

  constructor(private readonly settings: FleetSettings) {}

  /** Start `count` instances; each has served a query when the promise resolves. @returns the generations they served */
  async start(count: number, env: Readonly<Record<string, string>> = {}): Promise<number[]> {
    const started = Array.from({ length: count }, () => this.#startOne(env));
    this.instances.push(...started);
    return Promise.all(started.map(async (instance) => Number(await instance.line('served '))));
  }

  /** What all have done together, those that have left included, and each of those that run. */
  async report(): Promise<Tally & { each: InstanceReport[] }> {
    const each = await this.ask<InstanceReport>('report');
    return { ...sumOf([...each, ...this.#left]), each };
  }

  /** Let every instance carry out a command at the same time. */
  async ask<T = null>(command: string, instances: readonly Worker[] = this.instances): Promise<T[]> {
    const name = command.split(' ')[0] ?? '';
    return Promise.all(
      instances.map(async (instance) => {
        const answer = instance.nextLine(`${name} `);
        instance.tell(command);
        return JSON.parse(await answer) as T;
      }),
    );
  }

  /** Wait, however long it takes, until this holds for each instance. @returns what they report then */
  async until(holds: (report: InstanceReport) => boolean): Promise<InstanceReport[]> {
    for (;;) {
      const { each } = await this.report();
      if (each.every(holds)) return each;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Wait until the callers of each instance have had so many more results. */
  async served(more: number): Promise<void> {
    const [before, instances] = [await this.ask<InstanceReport>('report'), [...this.instances]];
    for (;;) {
      const now = await this.ask<InstanceReport>('report', instances);
      if (now.every(({ ok }, n) => ok >= before[n]!.ok + more)) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Let callers end, wait until all use the same generation and nothing is under way. @returns its number */
  async atRest(): Promise<number> {
    await this.ask<Tally>('calm');
    let peaceful = 0;
    for (;;) {
      const statuses = (await this.ask<InstanceReport>('look')).map(({ status }) => status);
      const ids = new Set(statuses.map(({ generationId }) => generationId));
      const busy = statuses.some(({ refreshing, failure }) => refreshing || failure);
      // Twice: what one has written as its last step may have come after the looks of the others.
      peaceful = ids.size === 1 && !busy ? peaceful + 1 : 0;
      if (peaceful === 2) return statuses[0]?.generation ?? 0;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** End an instance as an orchestrator does (SIGTERM), and start another one like it. @returns what that served first */
  async replace(instance: Worker): Promise<number> {
    const [tally] = await this.ask<Tally>('calm', [instance]);
    this.#left.push(tally!);
    this.instances.splice(this.instances.indexOf(instance), 1);
    instance.process.kill('SIGTERM');
    await instance.exited;
    const [served = 0] = await this.start(1, this.#environments.get(instance));
    return served;
  }

  /** Close every instance, and wait until it has ended. */
  async stop(): Promise<void> {
    await Promise.all(
      this.instances.splice(0).map(async (instance) => {
        if (instance.process.exitCode !== null || instance.process.signalCode !== null) return;
        instance.process.kill('SIGCONT');
        instance.tell('stop');
        await instance.exited;
      }),
    );
  }

  #startOne(env: Readonly<Record<string, string>>): Worker {
    const { sandbox, ticketStore, intervalMs, overlapMs, preload = [] } = this.settings;
    const options = preload.flatMap((name) => ['--require', Worker.fileOf(name)]);
    const instance = Worker.start(
      'fleet.worker',
      {
        BANKCARD_OCR_APP_ID: sandbox.appId,
        BANKCARD_OCR_SECRET: sandbox.secret,
        BANKCARD_OCR_BASE_URL: sandbox.url,
        BANKCARD_OCR_TICKET_STORE: ticketStore,
        BANKCARD_OCR_REFRESH_INTERVAL_MS: String(intervalMs ?? ''),
        BANKCARD_OCR_TICKET_OVERLAP_MS: String(overlapMs ?? ''),
        ...this.settings.env,
        ...env,
      },
      options,
    );
    this.#environments.set(instance, env);
    return instance;
  }
}

/** Add up what became of queries. */
function sumOf(tallies: readonly Tally[]): Tally {
  const failed: Record<string, number> = {};
  for (const tally of tallies) {
    for (const [code, times] of Object.entries(tally.failed)) failed[code] = (failed[code] ?? 0) + times;
  }
  return { ok: tallies.reduce((sum, { ok }) => sum + ok, 0), failed };
}
