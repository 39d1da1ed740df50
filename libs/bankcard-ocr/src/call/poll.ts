import type { Clock } from '../runtime/clock.js';
import { sleep } from '../runtime/abort.js';
import { Deadline } from './deadline.js';

/** Tencent says that photos come about a second late. */
const FIRST_PAUSE_MS = 500;
const GROWTH = 1.5;
const LONGEST_PAUSE_MS = 4_000;

/**
 * Query with growing pauses until it is no longer undefined. @throws what `query` throws, or the caller's own reason
 */
export async function poll<T>(
  query: (window: Deadline) => Promise<T | undefined>,
  { clock, waitMs, deadline }: { readonly clock: Clock; readonly waitMs: number; readonly deadline: Deadline },
): Promise<T | undefined> {
  const endsAt = clock.monotonic() + Math.min(waitMs, deadline.remainingMs);
  let last = false;
  for (let pauseMs = FIRST_PAUSE_MS; !last; pauseMs = Math.min(pauseMs * GROWTH, LONGEST_PAUSE_MS)) {
    const leftMs = endsAt - clock.monotonic();
    if (leftMs <= 0) break;
    // The last query is sent half-way through what is left, so that its response has as long to come.
    last = pauseMs >= leftMs;
    await sleep(clock, last ? leftMs / 2 : pauseMs, deadline.signal).catch(() => undefined);
    if (deadline.aborted) break;
    const window = new Deadline(clock, endsAt - clock.monotonic(), deadline.signal);
    try {
      const found = await query(window);
      if (found !== undefined) return found;
    } finally {
      window.close();
    }
  }
  deadline.throwIfCallerAborted();
  return undefined;
}
