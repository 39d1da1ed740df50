import { readFileSync } from 'node:fs';
import path from 'node:path';
import { KycSandbox, SANDBOX_CODES } from 'nestjs-bankcard-ocr/testing';
import { SANDBOX_KEY } from '../../apps/demo-api/src/sandbox/sandbox-security.js';
import type { EventName, FaultName } from '../../apps/demo-api/src/sandbox/sandbox-controls.js';
import { describeWithPrometheus, Prometheus, promtool } from '../support/prometheus.js';
import { ROOT } from '../support/readme-pages.js';
import { Worker } from '../support/worker.js';

const FOLDER = path.join(ROOT, 'ops/prometheus');
const RULES = path.join(FOLDER, 'bankcard-ocr.rules.yml');
const DASHBOARD = path.join(ROOT, 'ops/grafana/bankcard-ocr.json');
const { clean, warned } = KycSandbox.EXAMPLE_ORDERS;
const OURS = /\b(?:bankcard_ocr|http_server|process|nodejs)_\w+/g;

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** The queries of the dashboard, as Grafana sends them when everything is selected. */
function queriesOfDashboard(): (readonly [title: string, query: string])[] {
  const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as { panels: readonly Panel[] };
  const values: Readonly<Record<string, string>> = {
    job: 'bankcard-ocr',
    instance: '.*',
    account: '.*',
    __rate_interval: '1m',
  };
  return panels.flatMap(({ title, targets = [] }) => {
    return targets.map(({ expr }) => {
      const query = expr.replaceAll(/\$(?<name>\w+)/g, (variable, name: string) => values[name] ?? variable);
      return [title, query] as const;
    });
  });
}

describeWithPrometheus('the files for Prometheus', () => {
  it('are valid', () => {
    for (const [command, file] of [
      ['rules', RULES],
      ['config', path.join(FOLDER, 'prometheus.yml')],
    ] as const) {
      expect(promtool(FOLDER, 'check', command, file)).toMatchObject({ status: 0 });
    }
  });

  it('have alerts that fire when they have to, and only then', () => {
    const { status, output } = promtool(FOLDER, 'test', 'rules', 'bankcard-ocr.rules.test.yml');
    expect([output, status]).toEqual([expect.stringContaining('SUCCESS'), 0]);
  });
});

describeWithPrometheus('a Prometheus that scrapes the demo', () => {
  let demo: Worker;
  let url: string;
  let metricsUrl: string;
  let prometheus: Prometheus;

  beforeEach(async () => {
    const env = { PORT: '0', DEMO_METRICS_PORT: '0', LOG_LEVEL: 'error', DEMO_RATE_LIMIT: '1000000' };
    demo = Worker.start('demo-on-sandbox.worker', env);
    url = await demo.line('demo-api: ');
    metricsUrl = await demo.line('指标 / Metrics: ');
    // What has happened by the first scrape is no increase.
    await until(async () => (await scrape()).includes('bankcard_ocr_refreshes_total{reason="initial",outcome="OK"} 1'));
    prometheus = await Prometheus.start({ target: new URL(metricsUrl).host, rules: [RULES] });
    await until(async () => (await valueOf('up{job="bankcard-ocr"}')) === 1);
  });

  afterEach(async () => {
    await prometheus?.stop();
    await demo.kill();
  });

  const scrape = async () => (await fetch(metricsUrl)).text();

  async function send(route: string, method = 'GET', body?: object): Promise<number> {
    const json = body && { 'content-type': 'application/json' };
    const headers = { 'x-api-key': SANDBOX_KEY, 'x-reason': 'test', ...json };
    const sent = await fetch(url + route, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    await sent.arrayBuffer();
    return sent.status;
  }

  const switchOn = async (name: FaultName) => expect(await send(`/sandbox/faults/${name}`, 'PUT')).toBe(200);
  const switchOff = async (name: FaultName) => expect(await send(`/sandbox/faults/${name}`, 'DELETE')).toBe(200);
  const happen = async (name: EventName) => expect(await send(`/sandbox/events/${name}`, 'POST')).toBe(200);
  const pass = async (minutes: number) => expect(await send('/sandbox/time', 'POST', { minutes })).toBe(200);

  async function valueOf(expression: string): Promise<number | undefined> {
    const [sample] = await prometheus.query(expression);
    return sample && Number(sample.value[1]);
  }

  /** Until the condition of an alert holds, without the time that it has to hold. */
  async function untilTrue(alert: string, meanwhile?: () => Promise<unknown>): Promise<void> {
    const rule = (await prometheus.rules()).find(({ name }) => name === alert);
    await until(async () => {
      await meanwhile?.();
      return (await prometheus.query(rule?.query ?? '')).length > 0;
    });
  }

  /** A card of each kind, photos, and every code. */
  async function useEverything(): Promise<void> {
    const orders = SANDBOX_CODES.map(({ code }) => `code${code.replace('-', 'M')}`);
    const routes = [clean, warned, ...orders].map((orderNo) => `/bank-cards/${orderNo}?photos=1`);
    await Promise.all([...routes, `/bank-cards/${clean}/number`].map((route) => send(route)));
  }

  it('gets every metric that rules and dashboard name, loads every rule, and can run every query', async () => {
    await useEverything();
    // Cards are kept in the background.
    await until(async () => (await scrape()).includes('bankcard_ocr_archive_keep_duration_count'));
    const text = await scrape();
    const named = new Set(
      [readFileSync(RULES, 'utf8').replaceAll(/^\s*#.*$/gm, ''), readFileSync(DASHBOARD, 'utf8')].flatMap(
        (file) => file.match(OURS) ?? [],
      ),
    );
    expect(named.size).toBeGreaterThan(10);
    const served = new Set([...text.matchAll(/^(?<name>\w+)/gm)].map(([name]) => name));
    expect([...named].filter((name) => !served.has(name))).toEqual([]);
    expect(queriesOfDashboard().filter(([, query]) => query.includes('$'))).toEqual([]);
    // Each panel shows something as soon as there is something to show.
    await until(async () => {
      await send(`/bank-cards/${warned}?photos=1`);
      const results = await Promise.all(
        queriesOfDashboard().map(async ([, query]) => (await prometheus.query(query)).length),
      );
      return results.every((count) => count > 0);
    });
    await until(async () => (await prometheus.rules()).every(({ health }) => health !== 'unknown'));
    const rules = await prometheus.rules();
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(rules.map(({ name }) => name)).toEqual(readFileSync(RULES, 'utf8').match(/(?<=^ +- alert: )\w+/gm));
    const shown = (await prometheus.labelValues()).join('\n');
    for (const canary of [SANDBOX_KEY, clean, warned, 'codeM', '622202', 'http:']) expect(shown).not.toContain(canary);
  });

  it('sees credentials that cannot be refreshed become old, and fires', async () => {
    await switchOn('tokens-down');
    await pass(26);
    await untilTrue('BankCardOcrTicketOverdue');
    await untilTrue('BankCardOcrRefreshFailing');
    await pass(30);
    await until(async () => (await prometheus.firing()).includes('BankCardOcrTicketExpires'));
    await pass(10);
    await untilTrue('BankCardOcrNoValidTicket');
    await switchOff('tokens-down');
    await until(async () => (await valueOf('bankcard_ocr_ticket_valid')) === 1);
    await until(async () => !(await prometheus.firing()).includes('BankCardOcrTicketExpires'));
  });

  it('sees credentials that Tencent rejects, and a foreign refresher, and fires', async () => {
    await until(async () => {
      await happen('foreign-refresh');
      await pass(2);
      await send(`/bank-cards/${clean}`);
      return (await prometheus.firing()).includes('BankCardOcrForeignRefresher');
    });
    await until(async () => {
      await happen('kill-credentials');
      await pass(2);
      await send(`/bank-cards/${clean}`);
      return (await prometheus.firing()).includes('BankCardOcrCredentialsRejected');
    });
  });

  it('sees limits, failures, warnings and 5xx while they are switched on, and an instance that is gone', async () => {
    const query = (orderNo: string) => () =>
      Promise.all(Array.from({ length: 10 }, () => send(`/bank-cards/${orderNo}`)));
    await switchOn('queries-limited');
    await untilTrue('BankCardOcrRateLimited', query(clean));
    await switchOff('queries-limited');
    await switchOn('queries-cut');
    await untilTrue('BankCardOcrExchangeErrors', query(clean));
    await untilTrue('BankCardOcrHttpErrors', query(clean));
    await switchOff('queries-cut');
    await untilTrue('BankCardOcrWarnings', query(warned));
    await demo.kill();
    await untilTrue('BankCardOcrTargetDown');
  });
});

/** Wait until something holds, however long it takes: it is of another process. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}
