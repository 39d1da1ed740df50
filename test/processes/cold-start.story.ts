import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApplication } from '../support/application.js';
import { SandboxProcess } from '../support/sandbox-process.js';

const CALLERS = 2_000;
/** No limit of the library ends a query here because the machine is slow. */
const PATIENT = { timeoutMs: 600_000, attemptTimeoutMs: 600_000, maxConnectionAgeMs: 3_600_000 };

let sandbox: SandboxProcess;
let directory: string;

beforeAll(async () => {
  sandbox = await SandboxProcess.start({ unknownOrders: 'invent' });
  directory = await mkdtemp(join(tmpdir(), 'tickets-'));
});

afterAll(async () => {
  await sandbox.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('a cold start', () => {
  it(`with ${CALLERS} concurrent queries over sockets costs one token call and one ticket call`, async () => {
    const app = await startApplication(sandbox, { ticketStore: `file:${directory}`, ...PATIENT });
    const orders = Array.from({ length: CALLERS }, (_, n) => `order${n}`);
    const results = await Promise.all(orders.map((orderNo) => app.ocr.query(orderNo)));
    expect(results.map(({ orderNo }) => orderNo)).toEqual(orders);
    const report = await sandbox.report();
    expect(report.calls).toMatchObject({ accessToken: 1, apiTicket: 1, result: CALLERS });
    expect(report.connections.total).toBeLessThanOrEqual(50);
    expect(report).toMatchObject({ rejected: 0, misuse: [] });
    await app.application.close();
  });

  it('after a restart with a warm file costs none', async () => {
    const before = (await sandbox.report()).calls;
    const app = await startApplication(sandbox, { ticketStore: `file:${directory}` });
    await app.ocr.query('order1');
    expect(app.tickets.status()).toMatchObject({ state: 'fresh', generation: 1 });
    expect((await sandbox.report()).calls).toMatchObject({
      accessToken: before.accessToken,
      apiTicket: before.apiTicket,
    });
    await app.application.close();
  });
});
