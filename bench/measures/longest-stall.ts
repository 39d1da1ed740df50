import { setTimeout as pause } from 'node:timers/promises';

/**
 * The longest time, in milliseconds, for which the event loop served nobody else while `work` ran.
 *
 * Of each gap between two turns of a timer, the lesser of elapsed and of processor time counts: what another process takes
 * from this core stalls it too, but is not its own doing.
 */
export async function longestStall(work: () => Promise<unknown>, readClocks = clocksOfProcess): Promise<number> {
  globalThis.gc?.();
  await pause(20);
  let longest = 0;
  let last = readClocks();
  const timer = setInterval(() => {
    const now = readClocks();
    longest = Math.max(longest, Math.min(now.elapsed - last.elapsed, now.cpu - last.cpu));
    last = now;
  }, 1);
  try {
    await work();
    // The last stall is noted by the timer after it.
    await pause(5);
  } finally {
    clearInterval(timer);
  }
  return longest;
}

/** What has passed since some moment, in milliseconds. */
export interface Clocks {
  readonly elapsed: number;
  readonly cpu: number;
}

function clocksOfProcess(): Clocks {
  const { user, system } = process.cpuUsage();
  return { elapsed: performance.now(), cpu: (user + system) / 1_000 };
}
