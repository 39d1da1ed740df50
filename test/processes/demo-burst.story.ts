import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { DemoProcess } from '../support/demo-process.js';
import { SandboxProcess } from '../support/sandbox-process.js';

const BAD_REQUESTS = 10_000;
const BAD_CLIENTS = 40;
const CANARY = 'canary-of-the-burst';
const { clean } = KycSandbox.EXAMPLE_ORDERS;

/** Ask over HTTP. @returns the status, or undefined when the connection ended without one */
function ask(url: string, headers: Record<string, string>, agent: Agent, body?: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const outgoing = request(url, { headers, agent, method: body === undefined ? 'GET' : 'POST' }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
      response.on('error', () => resolve(undefined));
    });
    outgoing.on('error', () => resolve(undefined)).end(body);
  });
}

/** Send bytes that are no HTTP, and wait for the end. */
async function garbage(url: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
  socket.end(`${CANARY} / not HTTP\r\n\r\n`).resume();
  await once(socket, 'close');
}

function percentile(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
}

describe('ten thousand bad requests from one client', () => {
  it('do not keep a good client from being served, and leave nothing behind', async () => {
    const sandbox = await SandboxProcess.start();
    const demo = await DemoProcess.start(sandbox);
    const { headers, url } = demo;
    const agent = new Agent({ keepAlive: true, maxSockets: BAD_CLIENTS + 1 });
    const openFiles = (): number => readdirSync(`/proc/${demo.worker.process.pid}/fd`).length;
    const statuses: (number | undefined)[] = [];
    /** One good request after the other, until `isOver`. @returns how long each took, in milliseconds */
    const goodClient = async (isOver: () => boolean): Promise<number[]> => {
      const times: number[] = [];
      do {
        const began = performance.now();
        statuses.push(await ask(`${url}/bank-cards/${clean}`, { ...headers }, agent));
        times.push(performance.now() - began);
      } while (!isOver());
      return times;
    };
    try {
      let quiet = 0;
      const alone = await goodClient(() => (quiet += 1) >= 300);
      const filesBefore = openFiles();
      let bad = 0;
      const refused: (number | undefined)[] = [];
      const kinds: readonly (() => Promise<unknown>)[] = [
        async () => refused.push(await ask(`${url}/bank-cards/${clean}`, { 'x-api-key': CANARY }, agent)),
        async () => refused.push(await ask(`${url}/bank-cards/${CANARY}!`, { ...headers }, agent)),
        async () => refused.push(await ask(`${url}/${CANARY}`, { ...headers }, agent)),
        async () =>
          refused.push(
            await ask(
              `${url}/sdk-launches`,
              { ...headers, 'content-type': 'application/json' },
              agent,
              `{"${CANARY}":`,
            ),
          ),
        async () => garbage(url),
      ];
      const badClient = async (): Promise<void> => {
        while (bad < BAD_REQUESTS) {
          bad += 1;
          await kinds[bad % kinds.length]!();
        }
      };
      const burst = Promise.all(Array.from({ length: BAD_CLIENTS }, badClient));
      let isOver = false;
      void burst.finally(() => (isOver = true));
      const [during] = await Promise.all([goodClient(() => isOver), burst]);
      console.log(
        `p99 of the good client: ${percentile(alone, 0.99).toFixed(1)} ms alone, ` +
          `${percentile(during, 0.99).toFixed(1)} ms during ${bad} bad requests (${during.length} good ones)`,
      );
      expect(new Set(statuses)).toEqual(new Set([200]));
      // Refused, each of them, and never by a fault of the server.
      expect(refused.filter((status) => status === undefined || status < 400 || status >= 500)).toEqual([]);
      agent.destroy();
      while (openFiles() > filesBefore) await new Promise((resolve) => setTimeout(resolve, 50));
      expect(demo.worker.output).not.toContain(CANARY);
      expect((await demo.get('/health/ready')).status).toBe(200);
      expect(await demo.terminate()).toBe(0);
    } finally {
      agent.destroy();
      await demo.kill();
      await sandbox.stop();
    }
  });
});
