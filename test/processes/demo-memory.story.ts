import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keyEntry } from '../../apps/demo-api/test/serve-demo.js';
import { SandboxProcess } from '../support/sandbox-process.js';
import { Worker } from '../support/worker.js';

const AT_ONCE = 40;
/** Three photos in Base64: about 8 MB of JSON. */
const PHOTO_BYTES = 2_000_000;
const JSON_BYTES = (3 * PHOTO_BYTES * 4) / 3;

/** Resident memory of a process in bytes: now, and at most since {@link forgetPeak}. */
function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  return { now: read('VmRSS'), peak: read('VmHWM') };
}

/** The kernel's mark starts from what is resident now. */
function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

describe('photos from Tencent to the clients of the demo', () => {
  it('are never in memory as a whole: 40 responses of 8 MB at once', async () => {
    const orders = Array.from({ length: AT_ONCE + 3 }, (_, index) => ({
      orderNo: `large${index}`,
      photos: 'all' as const,
    }));
    const sandbox = await SandboxProcess.start({ photoBytes: PHOTO_BYTES });
    for (const order of orders) await sandbox.addOrder(order);
    const folder = mkdtempSync(path.join(tmpdir(), 'demo-memory-'));
    const key = randomBytes(32).toString('hex');
    const demo = Worker.start('demo.worker', {
      PORT: '0',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'error',
      DEMO_API_KEYS: keyEntry('shop/till', key),
      DEMO_AUDIT_FILE: path.join(folder, 'audit.jsonl'),
      DEMO_AUDIT_KEY: randomBytes(32).toString('hex'),
      BANKCARD_OCR_APP_ID: sandbox.appId,
      BANKCARD_OCR_SECRET: sandbox.secret,
      BANKCARD_OCR_BASE_URL: sandbox.url,
      BANKCARD_OCR_TICKET_STORE: 'memory:',
      BANKCARD_OCR_TIMEOUT_MS: '600000',
      BANKCARD_OCR_ATTEMPT_TIMEOUT_MS: '600000',
    });
    try {
      const url = await demo.line('demo-api listens on ');
      const sizeOf = async ({ orderNo }: { orderNo: string }): Promise<number> => {
        const response = await fetch(`${url}/bank-cards/${orderNo}/photos/original`, { headers: { 'x-api-key': key } });
        if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
        let size = 0;
        for await (const piece of response.body!) size += piece.length;
        return size;
      };
      for (const order of orders.slice(AT_ONCE)) await sizeOf(order);
      const pid = demo.process.pid!;
      const before = memoryOf(pid).now;
      forgetPeak(pid);
      const sizes = await Promise.all(orders.slice(0, AT_ONCE).map(sizeOf));
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(PHOTO_BYTES);
      const growth = memoryOf(pid).peak - before;
      console.log(
        `growth ${(growth / 2 ** 20).toFixed()} MB, ${(growth / (AT_ONCE * JSON_BYTES)).toFixed(2)} of the JSON that came in`,
      );
      expect(growth / (AT_ONCE * JSON_BYTES)).toBeLessThanOrEqual(0.3);
    } finally {
      await demo.kill();
      await sandbox.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
