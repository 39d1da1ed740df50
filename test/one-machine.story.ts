import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { Worker } from './support/worker.js';

const PROCESSES = 4;
const PERIODS = 5;
/** The vendor's overlap of a minute, twenty times faster. */
const OVERLAP_MS = 3_000;
const INTERVAL_MS = 2_000;

let sandbox: KycSandbox;
let directory: string;

beforeEach(async () => {
  sandbox = await KycSandbox.start({ unknownOrders: 'invent', overlapMs: OVERLAP_MS });
  directory = await mkdtemp(join(tmpdir(), 'tickets-'));
});

afterEach(async () => {
  await sandbox.stop();
  await rm(directory, { recursive: true, force: true });
});

function startRefresher(): Worker {
  return Worker.start('refresher.worker', {
    URL: sandbox.url,
    APP_ID: sandbox.appId,
    SECRET: sandbox.secret,
    TICKET_STORE: `file:${directory}`,
    INTERVAL_MS: String(INTERVAL_MS),
    OVERLAP_MS: String(OVERLAP_MS),
  });
}

describe('several processes that share a file', () => {
  it('refresh once a period, never at the same time, and no query is ever rejected', async () => {
    const workers = Array.from({ length: PROCESSES }, startRefresher);
    const generations = await Promise.all(workers.map((worker) => worker.line('served ')));
    expect(new Set(generations)).toEqual(new Set(['1']));
    await new Promise((resolve) => setTimeout(resolve, PERIODS * INTERVAL_MS));
    const reports = await Promise.all(
      workers.map((worker) => {
        const report = worker.nextLine('queried ');
        worker.tell('stop');
        return report;
      }),
    );
    await Promise.all(workers.map(({ exited }) => exited));

    const [queried, failed] = [0, 1].map((column) => {
      return reports.reduce((sum, report) => sum + Number(report.split(' ')[column]), 0);
    });
    const { accessToken, apiTicket } = sandbox.calls;
    process.stdout.write(`${queried} queries of ${PROCESSES} processes, ${accessToken} refreshes\n`);
    expect(failed).toBe(0);
    expect(queried).toBeGreaterThan(PROCESSES * 100);
    expect(apiTicket).toBe(accessToken);
    expect(accessToken).toBeGreaterThanOrEqual(PERIODS);
    // The first one, one a period, and up to 2 % jitter each.
    expect(accessToken).toBeLessThanOrEqual(1 + PERIODS + 1);
    expect(sandbox.rejected).toBe(0);
    expect(sandbox.misuse()).toEqual([]);
    expect(sandbox.recoveries()).toEqual([]);
  });

  it('fail like one: a vendor in trouble is asked no more often by many', async () => {
    const fault = sandbox.injectFault({ endpoint: 'access_token', kind: 'html-502' });
    const workers = Array.from({ length: PROCESSES }, startRefresher);
    while (fault.hits === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    // Alone: at 0, 50, 150, 350, 750, 1 250, 1 750, 2 250 and 2 750 ms, and some a fifth earlier.
    process.stdout.write(`${fault.hits} failed token calls of ${PROCESSES} processes\n`);
    expect(fault.hits).toBeGreaterThan(5);
    expect(fault.hits).toBeLessThanOrEqual(12);
    fault.clear();
    const generations = await Promise.all(workers.map((worker) => worker.line('served ')));
    expect(new Set(generations).size).toBe(1);
    expect(sandbox.misuse()).toEqual([]);
    await Promise.all(workers.map((worker) => worker.kill()));
  });

  it('take over from one that was killed in the middle of a vendor call, without a failed query', async () => {
    const first = startRefresher();
    await first.line('served ');
    const second = startRefresher();
    await second.line('served ');
    const lost = sandbox.injectFault({ endpoint: 'access_token', kind: 'lost-answer', times: 1 });
    sandbox.configure({ answerDelayMs: 40 });
    // Whichever of the two refreshes dies in the middle of it.
    const victim = await Promise.race(
      [first, second].map((worker) => worker.nextLine('in vendor-call').then(() => worker)),
    );
    await victim.kill();
    const survivor = victim === first ? second : first;
    await survivor.nextLine('in vendor-call');
    await new Promise((resolve) => setTimeout(resolve, OVERLAP_MS));
    const report = survivor.nextLine('queried ');
    survivor.tell('stop');
    expect(Number((await report).split(' ')[1])).toBe(0);
    expect(lost.hits).toBe(1);
    expect(sandbox.rejected).toBe(0);
    expect(sandbox.misuse()).toEqual([]);
  });
});
