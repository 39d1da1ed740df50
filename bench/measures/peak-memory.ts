import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * How much more memory the process held at its peak than before, in bytes, while `work` ran.
 *
 * @param work keeps what it makes elsewhere if that is to count until the end
 */
export async function peakGrowth(work: () => Promise<unknown>): Promise<number> {
  const before = await settledMemory();
  const peak = watchPeak();
  await work();
  return peak() - before;
}

/** What was freed is given back to the system later, by other threads: the lowest of several readings. */
async function settledMemory(): Promise<number> {
  let lowest = Infinity;
  for (let times = 0; times < 6; times += 1) {
    globalThis.gc?.();
    await pause(100);
    lowest = Math.min(lowest, process.memoryUsage.rss());
  }
  return lowest;
}

/** The kernel's own mark where it can be set back, as on Linux; else the highest of many samples. */
function watchPeak(): () => number {
  let highest = 0;
  const sample = () => (highest = Math.max(highest, process.memoryUsage.rss()));
  const timer = setInterval(sample, 2);
  const marked = resetMark();
  return () => {
    clearInterval(timer);
    sample();
    return marked ? readMark() : highest;
  };
}

function resetMark(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return readMark() > 0;
  } catch {
    return false;
  }
}

function readMark(): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
