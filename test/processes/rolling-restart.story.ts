import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { Balancer } from '../support/balancer.js';
import { DemoProcess } from '../support/demo-process.js';
import { SandboxProcess } from '../support/sandbox-process.js';

const REQUESTS = 10_000;
const CLIENTS = 16;
const INSTANCES = 3;

describe('a rolling restart of three demos behind a load balancer, under load on connections that are kept', () => {
  it('fails no request of ten thousand', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'rolling-'));
    const sandbox = await SandboxProcess.start();
    const start = () => {
      // The balancer asks twenty times a second, and does not count on what it heard a second ago.
      const env = { DEMO_SHUTDOWN_DELAY_MS: '3000', BANKCARD_OCR_TICKET_STORE: `file:${folder}/tickets` };
      return DemoProcess.start(sandbox, env);
    };
    const balancer = await Balancer.start('/health/ready');
    const running = await Promise.all(Array.from({ length: INSTANCES }, start));
    const { headers } = running[0]!;
    await Promise.all(running.map(({ url }) => balancer.add(url)));

    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    const failed: string[] = [];
    let sent = 0;
    const client = async (): Promise<void> => {
      while (sent < REQUESTS || restarts < INSTANCES) {
        sent += 1;
        const outcome = await new Promise<string>((resolve) => {
          const request = get(
            `${balancer.url}/bank-cards/${KycSandbox.EXAMPLE_ORDERS.clean}`,
            { agent, headers },
            (response) => {
              let text = '';
              response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
              response.on('end', () => resolve(response.statusCode === 200 ? 'ok' : `${response.statusCode} ${text}`));
              response.on('error', (error) => resolve(String(error)));
            },
          );
          request.on('error', (error) => resolve(String(error)));
        });
        if (outcome !== 'ok') failed.push(outcome);
      }
    };
    let restarts = 0;
    const ends: unknown[] = [];
    const restartAll = async (): Promise<void> => {
      for (const old of running.splice(0)) {
        const next = await start();
        running.push(next);
        await balancer.add(next.url);
        const ended = old.terminate();
        await balancer.left(old.url);
        ends.push(await ended);
        restarts += 1;
      }
    };
    try {
      await Promise.all([restartAll(), ...Array.from({ length: CLIENTS }, client)]);
      console.log(`${sent} requests, ${failed.length} failed, ${restarts} instances restarted`);
      expect(failed).toEqual([]);
      expect(ends).toEqual([0, 0, 0]);
      const { misuse } = await sandbox.report();
      expect(misuse).toEqual([]);
    } finally {
      agent.destroy();
      await balancer.close();
      for (const one of running) await one.kill();
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
