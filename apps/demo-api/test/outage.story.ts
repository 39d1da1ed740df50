import { startOnSandbox } from '../src/sandbox/start-on-sandbox.js';
import { SANDBOX_KEY } from '../src/sandbox/sandbox-security.js';

const HEADERS = { 'x-api-key': SANDBOX_KEY };

/** Change something about the sandbox, as the console does. */
async function change(url: string, method: string, body?: object): Promise<void> {
  const json = body && { headers: { ...HEADERS, 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(url, { method, headers: HEADERS, ...json });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
}

describe('ten minutes in which Tencent is down', () => {
  it('never take the demo away from its load balancer, and it says why queries fail', async () => {
    delete process.env['DEMO_API_KEYS'];
    Object.assign(process.env, { PORT: '0', LOG_LEVEL: 'error' });
    const { app, url } = await startOnSandbox(process.env);
    try {
      const readiness = async (): Promise<number> => (await fetch(`${url}/health/ready`)).status;
      while ((await readiness()) !== 200) await new Promise((resolve) => setTimeout(resolve, 5));
      await change(`${url}/sandbox/faults/all-down`, 'PUT');
      const seen: number[] = [];
      for (let minute = 1; minute <= 10; minute += 1) {
        await change(`${url}/sandbox/time`, 'POST', { minutes: 1 });
        for (let check = 0; check < 6; check += 1) seen.push(await readiness());
      }
      expect(seen).toEqual(Array.from({ length: 60 }, () => 200));
      const { movedMs } = (await (await fetch(`${url}/sandbox`, { headers: HEADERS })).json()) as { movedMs: number };
      expect(movedMs).toBe(600_000);
      const card = await fetch(`${url}/bank-cards/exampleCleanCard`, { headers: HEADERS });
      expect([card.status, await card.json()]).toEqual([502, expect.objectContaining({ code: 'VENDOR_FAULT' })]);
      // Also beyond the time of the refresh, and of the ticket, when nothing but the store is left.
      for (let hour = 1; hour <= 2; hour += 1) {
        await change(`${url}/sandbox/time`, 'POST', { minutes: 60 });
        expect(await readiness()).toBe(200);
      }
      await change(`${url}/sandbox/faults/all-down`, 'DELETE');
      await change(`${url}/sandbox/time`, 'POST', { minutes: 5 });
      const after = await fetch(`${url}/bank-cards/exampleCleanCard`, { headers: HEADERS });
      expect(after.status).toBe(200);
    } finally {
      await app.close();
    }
  });

  it('end with a signal: not ready first, alive and serving until the delay is over', async () => {
    Object.assign(process.env, { PORT: '0', LOG_LEVEL: 'error' });
    const { app, url } = await startOnSandbox(process.env);
    const { ShutdownNotice } = await import('../src/health/shutdown-notice.js');
    const notice = app.get(ShutdownNotice);
    try {
      while ((await fetch(`${url}/health/ready`)).status !== 200)
        await new Promise((resolve) => setTimeout(resolve, 5));
      await notice.beforeApplicationShutdown('SIGTERM');
      const ready = await fetch(`${url}/health/ready`);
      expect([ready.status, await ready.json()]).toEqual([503, expect.objectContaining({ status: 'stopping' })]);
      const card = await fetch(`${url}/bank-cards/exampleCleanCard`, { headers: HEADERS });
      expect([card.status, card.headers.get('connection')]).toEqual([200, 'close']);
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
    } finally {
      await app.close();
    }
  });
});
