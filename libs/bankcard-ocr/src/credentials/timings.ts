/** How often and how long, in milliseconds. */
export type RefreshTimings = Readonly<ReturnType<typeof timingsFor>>;

/** With the vendor's overlap of 60 s: jitter 1 s, poll 5 s, lease 3.5 s, retries from 1 s to 10 s, and up to 5 min. */
export function timingsFor(intervalMs: number, overlapMs: number) {
  const leaseTtlMs = Math.min(3_500, overlapMs / 3);
  return {
    intervalMs,
    overlapMs,
    /** How much earlier than the interval a refresh may be due at random. */
    longestJitterMs: Math.min(1_000, overlapMs / 12),
    /** A shared store is read so often: every process knows of a new generation within a sixth of the overlap. */
    pollMs: Math.min(5_000, overlapMs / 8),
    /** A process without a heartbeat for so long no longer holds its lease. */
    leaseTtlMs,
    /** How often a process looks whether the one that refreshes has finished. */
    leasePollMs: leaseTtlMs / 16,
    /** The pause after the first failed refresh; it doubles with each further one. */
    firstRetryMs: Math.min(1_000, overlapMs / 60),
    longestRetryMs: Math.min(10_000, overlapMs / 6),
    /** When a developer has to fix something first. */
    longestDeveloperRetryMs: Math.min(300_000, overlapMs * 5),
  };
}
