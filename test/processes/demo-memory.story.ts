import { readFileSync, writeFileSync } from 'node:fs';
import { DemoProcess } from '../support/demo-process.js';
import { SandboxProcess } from '../support/sandbox-process.js';

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
    const demo = await DemoProcess.start(sandbox);
    try {
      const sizeOf = async ({ orderNo }: { orderNo: string }): Promise<number> => {
        const response = await demo.get(`/bank-cards/${orderNo}/photos/original`);
        // A machine that is too busy to connect, or for 8 MB, in the time of one attempt takes another one.
        if (response.status === 503 || response.status === 504) return sizeOf({ orderNo });
        if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
        let size = 0;
        for await (const piece of response.body!) size += piece.length;
        return size;
      };
      for (const order of orders.slice(AT_ONCE)) await sizeOf(order);
      const pid = demo.worker.process.pid!;
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
    }
  });
});
