import { readFileSync } from 'node:fs';
import { KycSandbox, type SandboxFault } from 'nestjs-bankcard-ocr/testing';
import { DemoProcess } from '../support/demo-process.js';
import { SandboxProcess } from '../support/sandbox-process.js';

/** How long the load lasts: a look in npm run test:processes, half an hour in npm run soak. */
const SOAK_MS = Number(process.env['SOAK_MS'] ?? 15_000);
const CLIENTS = 12;
const FAULT_EVERY_MS = Math.min(5_000, SOAK_MS / 8);
const { clean, warned, noValidity } = KycSandbox.EXAMPLE_ORDERS;

const FAULTS: readonly SandboxFault[] = [
  { endpoint: 'getBankCardOcrResult', kind: 'truncated' },
  { endpoint: 'getBankCardOcrResult', kind: 'truncated-json' },
  { endpoint: 'getBankCardOcrResult', kind: 'wrong-types' },
  { endpoint: 'getBankCardOcrResult', kind: 'empty-body' },
  { endpoint: 'getBankCardOcrResult', kind: 'code', code: '400504' },
  { endpoint: 'getBankCardOcrResult', kind: 'code', code: '400101' },
  { endpoint: 'getBankCardOcrResult', kind: 'hang' },
  { endpoint: 'all', kind: 'html-502' },
  // Nothing is asked for a minute after these: Tencent may have issued a token.
  { endpoint: 'auth', kind: 'reset' },
  { endpoint: 'auth', kind: 'lost-response' },
];

function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Least squares: by how much `y` grows for each `x`. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([one]) => one)), mean(points.map(([, one]) => one))];
  const over = points.reduce((sum, [one, other]) => sum + (one - x) * (other - y), 0);
  return over / points.reduce((sum, [one]) => sum + (one - x) ** 2, 0);
}

describe('the demo under a mixed load, with faults of Tencent that come and go', () => {
  it(`answers every request for ${Math.round(SOAK_MS / 1_000)} s`, async () => {
    const sandbox = await SandboxProcess.start();
    const limits = { BANKCARD_OCR_TIMEOUT_MS: '4000' };
    const demo = await DemoProcess.start(sandbox, limits);
    const pid = demo.worker.process.pid!;
    const statuses = new Map<number, number>();
    const broken: string[] = [];
    const memory: [hours: number, mb: number][] = [];
    const began = performance.now();
    const isOver = (): boolean => performance.now() - began >= SOAK_MS;
    const post = (route: string, body: unknown) =>
      fetch(demo.url + route, {
        method: 'POST',
        headers: { ...demo.headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const work: readonly ((number: number) => Promise<Response>)[] = [
      () => demo.get(`/bank-cards/${clean}`),
      () => demo.get(`/bank-cards/${warned}?photos=true`),
      () => demo.get(`/bank-cards/${noValidity}/photos/original`),
      () => demo.get('/bank-cards/codeM9012'),
      () => demo.get('/bank-cards/unknown1'),
      (number) => post('/sdk-launches', { userId: `user${number % 50}` }),
      () => post('/sdk-launches', { userId: 7 }),
      () => demo.get('/ops/credentials'),
      () => demo.get('/health/ready'),
      () => fetch(`${demo.url}/bank-cards/${clean}`, { headers: { 'x-api-key': 'wrong' } }),
    ];
    let number = 0;
    const client = async (): Promise<void> => {
      while (!isOver()) {
        number += 1;
        try {
          const response = await work[number % work.length]!(number);
          await response.arrayBuffer();
          statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        } catch (error) {
          broken.push(String((error as Error).cause ?? error));
        }
      }
    };
    const trouble = async (): Promise<void> => {
      for (let turn = 0; !isOver(); turn += 1) {
        if (turn % 2 === 0) await sandbox.injectFault(FAULTS[(turn / 2) % FAULTS.length]!);
        else await sandbox.clearFaults();
        if (turn % 40 === 39) await sandbox.killCredentials();
        memory.push([(performance.now() - began) / 3_600_000, residentMb(pid)]);
        await new Promise((resolve) => setTimeout(resolve, FAULT_EVERY_MS));
      }
      await sandbox.clearFaults();
    };
    try {
      await Promise.all([trouble(), ...Array.from({ length: CLIENTS }, client)]);
      const later = memory.slice(Math.floor(memory.length / 2));
      console.log(
        `${number} requests: ${[...statuses]
          .sort(([one], [other]) => one - other)
          .map(([status, count]) => `${count} x ${status}`)
          .join(', ')}; ` +
          `memory ${memory.at(0)?.[1].toFixed()} MB at first, ${memory.at(-1)?.[1].toFixed()} MB at last, ` +
          `in the second half ${slope(later).toFixed()} MB an hour`,
      );
      expect(broken).toEqual([]);
      expect(statuses.get(500) ?? 0).toBe(0);
      expect(demo.worker.output).not.toMatch(/unhandled/i);
      while ((await demo.get(`/bank-cards/${clean}`)).status !== 200)
        await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await demo.terminate()).toBe(0);
    } finally {
      await demo.kill();
      await sandbox.stop();
    }
  });
});
