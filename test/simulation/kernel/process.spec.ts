import { Kernel } from './kernel.js';
import { Machine } from './machine.js';
import { SimulatedProcess } from './process.js';
import { SeededRandom } from './seeded-random.js';

function begin(seed = 'one'): {
  kernel: Kernel;
  machine: Machine;
  process: SimulatedProcess;
  run: (ms: number) => Promise<void>;
} {
  const kernel = new Kernel();
  const machine = new Machine('machine', kernel, { wallOffsetMs: 0, upMs: 5_000, rate: 1 });
  const process = new SimulatedProcess('A1', machine, new SeededRandom(seed));
  return { kernel, machine, process, run: (ms) => kernel.run(kernel.now + ms, 1e6) };
}

describe('a timer of a simulated process', () => {
  it('fires up to a millisecond early by the monotonic clock, as those of Node do, and late by the lag of the loop', async () => {
    const { process, run } = begin();
    const afterMs: number[] = [];
    const again = (): void => {
      const since = process.clock.monotonic();
      process.clock.setTimer(() => {
        afterMs.push(process.clock.monotonic() - since);
        again();
      }, 20);
    };
    process.deliver(again);
    await run(20_000);
    expect(afterMs.length).toBeGreaterThan(900);
    expect(Math.min(...afterMs)).toBeGreaterThan(19);
    expect(Math.min(...afterMs)).toBeLessThan(19.5);
    expect(Math.max(...afterMs)).toBeGreaterThan(20.5);
    expect(afterMs.filter((ms) => ms < 20).length).toBeGreaterThan(100);
  });

  it.each([0, 0.4, 1, 1.9])('counts whole milliseconds, one at least: %s ms', async (delayMs) => {
    const { process, kernel, run } = begin();
    let firedAt = Number.NaN;
    process.clock.setTimer(() => (firedAt = kernel.now), delayMs);
    process.lagMs = 0;
    await run(10);
    expect(firedAt).toBeGreaterThan(0);
    expect(firedAt).toBeLessThan(6);
  });

  it('does not fire while the process is stopped, and fires when it goes on', async () => {
    const { process, kernel, run } = begin();
    let firedAt = Number.NaN;
    process.clock.setTimer(() => (firedAt = kernel.now), 100);
    process.stop();
    await run(1_000);
    expect(firedAt).toBeNaN();
    process.continue();
    await run(1_000);
    expect(firedAt).toBeGreaterThan(999);
    expect(firedAt).toBeLessThan(1_010);
  });

  it('waits as long as the machine was suspended, because the monotonic clock stood still', async () => {
    const { process, machine, kernel, run } = begin();
    let firedAt = Number.NaN;
    process.clock.setTimer(() => (firedAt = kernel.now), 1_000);
    await run(400);
    machine.suspend();
    const stoodAt = process.clock.monotonic();
    await run(60_000);
    expect(process.clock.monotonic()).toBe(stoodAt);
    machine.resume();
    await run(10_000);
    expect(firedAt).toBeGreaterThan(60_999);
    expect(firedAt).toBeLessThan(61_010);
  });

  it('never fires in a process that was killed, nor after it was cancelled', async () => {
    const { process, run } = begin();
    const fired: string[] = [];
    process.clock.setTimer(() => fired.push('cancelled'), 50).cancel();
    process.clock.setTimer(() => fired.push('kept'), 60);
    await run(70);
    process.clock.setTimer(() => fired.push('killed'), 50);
    process.kill();
    await run(1_000);
    expect(fired).toEqual(['kept']);
    expect(process.pendingTimers).toBe(0);
  });
});

describe('what reaches a simulated process', () => {
  it('comes in its own order when the process goes on, before or after the timers that are due', async () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 20; seed += 1) {
      const { process, run } = begin(`seed ${seed}`);
      const happened: string[] = [];
      process.clock.setTimer(() => happened.push('timer'), 10);
      process.stop();
      process.afterwards(20, () => happened.push('first'));
      process.afterwards(30, () => happened.push('second'));
      await run(100);
      expect(happened).toEqual([]);
      process.continue();
      process.deliver(() => happened.push('third'));
      await run(100);
      expect(happened.filter((one) => one !== 'timer')).toEqual(['first', 'second', 'third']);
      orders.add(happened.join(' '));
    }
    expect(orders.size).toBeGreaterThan(2);
  });

  it('lets promises settle before the next event happens', async () => {
    const { kernel, process, run } = begin();
    const happened: string[] = [];
    process.afterwards(1, () => {
      void (async () => {
        for (let step = 0; step < 50; step += 1) await Promise.resolve();
        happened.push(`settled at ${kernel.now}`);
      })();
    });
    process.afterwards(1, () => happened.push('next'));
    await run(10);
    expect(happened).toEqual(['settled at 1', 'next']);
  });
});
