import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './redis-server.js';

const hasPrometheus = ['prometheus', 'promtool'].every((command) => spawnSync(command, ['--version']).status === 0);

/** `describe` for stories that need a Prometheus. Where everything must run (CI) a missing one is a failure. */
export const describeWithPrometheus = hasPrometheus || process.env['CI'] === 'true' ? describe : describe.skip;

/** Run promtool in a folder. */
export function promtool(cwd: string, ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

/** One series of a result. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** A rule as Prometheus has loaded it. */
export interface LoadedRule {
  readonly name: string;
  readonly query: string;
  readonly health: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly lastEvaluation: string;
}

/** A real Prometheus of its own, on a free port, that scrapes one target as fast as it can. */
export class Prometheus {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    readonly url: string,
  ) {}

  /** @param rules absolute paths of files of rules */
  static async start({ target, rules }: { target: string; rules: readonly string[] }): Promise<Prometheus> {
    const folder = mkdtempSync(path.join(tmpdir(), 'prometheus-'));
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: rules,
      scrape_configs: [{ job_name: 'bankcard-ocr', static_configs: [{ targets: [target] }] }],
    };
    // JSON is YAML.
    writeFileSync(path.join(folder, 'prometheus.yml'), JSON.stringify(config));
    const address = `127.0.0.1:${await freePort()}`;
    const place = ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=${address}`];
    const child = spawn('prometheus', [...place, '--log.level=error'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const prometheus = new Prometheus(child, folder, `http://${address}`);
    await prometheus.#ready();
    return prometheus;
  }

  /** The value of an expression now: a vector. */
  async query(expression: string): Promise<readonly Sample[]> {
    const { resultType, result } = await this.#get<{ resultType: string; result: readonly Sample[] }>(
      `query?${new URLSearchParams({ query: expression }).toString()}`,
    );
    if (resultType !== 'vector') throw new Error(`${expression} is a ${resultType}`);
    return result;
  }

  async rules(): Promise<readonly LoadedRule[]> {
    const { groups } = await this.#get<{ groups: readonly { rules: readonly LoadedRule[] }[] }>('rules');
    return groups.flatMap(({ rules }) => rules);
  }

  /** The names of the alerts that fire. */
  async firing(): Promise<readonly string[]> {
    type Alert = { readonly state: string; readonly labels: Readonly<Record<string, string>> };
    const { alerts } = await this.#get<{ alerts: readonly Alert[] }>('alerts');
    return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels['alertname'] ?? '');
  }

  /** Every value of every label that it has seen. */
  async labelValues(): Promise<readonly string[]> {
    const labels = await this.#get<readonly string[]>('labels');
    const values = await Promise.all(labels.map((label) => this.#get<readonly string[]>(`label/${label}/values`)));
    return [...labels, ...values.flat()];
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const exited = once(this.process, 'exit');
      this.process.kill('SIGKILL');
      await exited;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    for (;;) {
      if (this.process.exitCode !== null) throw new Error(`prometheus ended with ${this.process.exitCode}`);
      const response = await fetch(`${this.url}/-/ready`).catch(() => undefined);
      await response?.text();
      if (response?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #get<T>(route: string): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${route}`);
    const body = (await response.json()) as { status: string; data: T; error?: string };
    if (body.status !== 'success') throw new Error(`${route}: ${body.error}`);
    return body.data;
  }
}
