import { writeFileSync } from 'node:fs';
import type { TicketCounts, TicketStatus } from 'nestjs-bankcard-ocr';
import type { SandboxIdentity } from './application.js';
import { Worker } from './worker.js';

/** What an instance has done since its start. */
export interface InstanceReport {
  readonly ok: number;
  /** How many queries failed, by code. */
  readonly failed: Readonly<Record<string, number>>;
  readonly counts: TicketCounts;
  readonly status: TicketStatus;
}

/** How the instances of a fleet are configured. */
export interface FleetSettings {
  readonly sandbox: SandboxIdentity;
  readonly ticketStore: string;
  readonly intervalMs: number;
  readonly overlapMs: number;
  /** Who query in each instance, without end. */
  readonly callers?: number;
  readonly pauseMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Files of test/workers that are loaded first. */
  readonly preload?: readonly string[];
}

/** Several real processes, each with the whole module, that share an app id. */
export class Fleet {
  readonly instances: Worker[] = [];
  /** As instances tell moments, in ms since the epoch. */
  #allStartedAt = 0;

  constructor(private readonly settings: FleetSettings) {}

  /** Start `count` instances; each has served a query when the promise resolves. @returns the generations they served */
  async start(count: number, env: Readonly<Record<string, string>> = {}): Promise<number[]> {
    const started = Array.from({ length: count }, () => this.#startOne(env));
    this.instances.push(...started);
    const served = await Promise.all(started.map(async (instance) => Number(await instance.line('served '))));
    this.#allStartedAt = performance.timeOrigin + performance.now();
    return served;
  }

  /** What all have done together, and each. */
  async report(): Promise<{ ok: number; failed: Record<string, number>; each: InstanceReport[] }> {
    const each = await this.ask<InstanceReport>('report');
    const failed: Record<string, number> = {};
    for (const report of each) {
      for (const [code, times] of Object.entries(report.failed)) failed[code] = (failed[code] ?? 0) + times;
    }
    return { ok: each.reduce((sum, { ok }) => sum + ok, 0), failed, each };
  }

  /** Let every instance carry out a command at the same time. */
  async ask<T>(command: string): Promise<T[]> {
    const name = command.split(' ')[0] ?? '';
    return Promise.all(
      this.instances.map(async (instance) => {
        const answer = instance.nextLine(`${name} `);
        instance.tell(command);
        return JSON.parse(await answer) as T;
      }),
    );
  }

  /** For every generation that came when all had started: how long after the first instance the last one used it, in ms. */
  noticedAfterMs(): number[] {
    const moments = new Map<string, number[]>();
    for (const { output } of this.instances) {
      for (const [, id = '', at] of output.matchAll(/^adopted \d+ (\S+) (\S+)$/gm)) {
        moments.set(id, [...(moments.get(id) ?? []), Number(at)]);
      }
    }
    const whileAllRan = [...moments.values()].filter((at) => Math.min(...at) > this.#allStartedAt);
    return whileAllRan.map((at) => Math.max(...at) - Math.min(...at));
  }

  async stop(): Promise<void> {
    const told = process.env['TELL_EVENTS'];
    // Whoever looks for a fault reads there what every instance went through.
    if (told) this.instances.forEach(({ output }, n) => writeFileSync(`${told}.${n}`, output));
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
    const { sandbox, ticketStore, intervalMs, overlapMs, callers = 0, pauseMs = 1_000, preload = [] } = this.settings;
    const options = preload.flatMap((name) => ['--require', Worker.fileOf(name)]);
    return Worker.start(
      'fleet.worker',
      {
        BANKCARD_OCR_APP_ID: sandbox.appId,
        BANKCARD_OCR_SECRET: sandbox.secret,
        BANKCARD_OCR_BASE_URL: sandbox.url,
        BANKCARD_OCR_TICKET_STORE: ticketStore,
        BANKCARD_OCR_REFRESH_INTERVAL_MS: String(intervalMs),
        BANKCARD_OCR_TICKET_OVERLAP_MS: String(overlapMs),
        CALLERS: String(callers),
        PAUSE_MS: String(pauseMs),
        ...this.settings.env,
        ...env,
      },
      options,
    );
  }
}
