import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileTicketStore } from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { Worker } from '../support/worker.js';

/** In each phase. */
const KILLS = Number(process.env['KILLS'] ?? 6);
/** Only to have leases that lapse soon: the clock of the vendor stands, so that nothing dies. */
const OVERLAP_MS = 3_000;

let sandbox: KycSandbox;
let directory: string;

beforeEach(async () => {
  // Answers take a while, so that there is a middle of a call to be killed in.
  sandbox = await KycSandbox.start({ unknownOrders: 'invent', answerDelayMs: 15, clock: new ManualClock() });
  directory = await mkdtemp(join(tmpdir(), 'tickets-'));
});

afterEach(async () => {
  await sandbox.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('a process that is killed (kill -9)', () => {
  it('leaves a store that can be read, and the next one serves', async () => {
    const killed = new Map([
      ['vendor-call', 0],
      ['write', 0],
      ['nothing', 0],
    ]);
    const slowest = { startMs: 0 };
    const wanted = () => ['vendor-call', 'write'].find((phase) => killed.get(phase)! < KILLS);

    for (let phase = wanted(); phase !== undefined; phase = wanted()) {
      const startedAt = performance.now();
      const worker = Worker.start('refresher.worker', {
        ...{ URL: sandbox.url, APP_ID: sandbox.appId, SECRET: sandbox.secret, TICKET_STORE: `file:${directory}` },
        ...{ INTERVAL_MS: '20', OVERLAP_MS: String(OVERLAP_MS) },
      });
      await worker.line('served ');
      slowest.startMs = Math.max(slowest.startMs, performance.now() - startedAt);
      // Somewhere among the calls and writes of the refreshes that follow, then somewhere within one of them.
      for (let skip = Math.floor(Math.random() * 3); skip >= 0; skip -= 1) await worker.nextLine(`in ${phase}`);
      const within = Math.random() * (phase === 'write' ? 2 : 14);
      const until = performance.now() + within;
      while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
      await worker.kill();
      const last = /in (\S+)\n[^\n]*$/.exec(worker.output)?.[1] ?? 'nothing';
      killed.set(last, (killed.get(last) ?? 0) + 1);
      expect(worker.output).not.toContain('damaged');

      const reader = new FileTicketStore({ directory, appId: sandbox.appId });
      reader.onWarning = (warning) => {
        throw new Error(warning);
      };
      await expect(reader.read()).resolves.toMatchObject({ format: 1, current: { number: expect.any(Number) } });
    }

    process.stdout.write(
      `killed ${JSON.stringify(Object.fromEntries(killed))}, slowest start to a served query ${Math.round(slowest.startMs)} ms\n`,
    );
    // A process that is killed between the ticket's response and its writing leaves its successor nothing but to ask again.
    const misuse = sandbox.violations().filter(({ kind }) => kind !== 'sign-ticket-on-the-side');
    expect(misuse).toEqual([]);
  });
});
