/** How often and how long, in milliseconds. Everything but the interval derives from the overlap. */
export interface RefreshTimings {
  readonly intervalMs: number;
  readonly overlapMs: number;
  /** How much earlier than the interval a refresh may be due at random, so that processes do not all look at once. */
  readonly longestJitterMs: number;
  /** A shared store is read so often: everybody knows of a new generation within a sixth of the overlap. */
  readonly pollMs: number;
  /** A process that gave no sign of life for so long no longer holds its lease. */
  readonly leaseTtlMs: number;
  /** How often a process looks whether the one that refreshes has finished. */
  readonly leasePollMs: number;
  /** The pause after the first failed refresh; it doubles with each further one. */
  readonly firstRetryMs: number;
  /** The longest such pause. */
  readonly longestRetryMs: number;
  /** The longest pause when a developer has to mend something first. */
  readonly longestDeveloperRetryMs: number;
}

/** With the vendor's overlap of 60 s: jitter 1 s, poll 5 s, lease 3.5 s, retries from 1 s to 10 s, and up to 5 min. */
export function timingsFor(intervalMs: number, overlapMs: number): RefreshTimings {
  const leaseTtlMs = Math.min(3_500, overlapMs / 3);
  return {
    intervalMs,
    overlapMs,
    longestJitterMs: Math.min(1_000, overlapMs / 12),
    pollMs: Math.min(5_000, overlapMs / 8),
    leaseTtlMs,
    leasePollMs: leaseTtlMs / 16,
    firstRetryMs: Math.min(1_000, overlapMs / 60),
    longestRetryMs: Math.min(10_000, overlapMs / 6),
    longestDeveloperRetryMs: Math.min(300_000, overlapMs * 5),
  };
}
