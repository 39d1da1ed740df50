import { randomUUID } from 'node:crypto';
import { sealedOff } from './sealed-off.js';

describe('a run', () => {
  it.each([
    ['Date.now', () => Date.now()],
    ['new Date', () => new Date()],
    ['Math.random', () => Math.random()],
    ['performance.now', () => performance.now()],
    ['setTimeout', () => setTimeout(() => undefined, 1)],
    ['randomUUID', () => randomUUID()],
    ['AbortSignal.timeout', () => AbortSignal.timeout(1)],
  ])('cannot use %s of the machine, and fails even if somebody catches that', async (_name, use) => {
    const run = sealedOff(async () => {
      try {
        use();
      } catch {
        // As the library does with whatever a store throws.
      }
    });
    await expect(run).rejects.toThrow(/was used in a simulation/);
    expect(use).not.toThrow();
  });

  it('may read a given date', async () => {
    await expect(sealedOff(async () => new Date(0).toISOString())).resolves.toBe('1970-01-01T00:00:00.000Z');
  });
});
