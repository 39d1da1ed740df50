import type { TicketStatus } from '../credentials/ticket-status.js';

/** The earliest refresh, as a part of the interval: its jitter goes to the early side. */
const EARLIEST_REFRESH = 0.98;

/** What ends a launch. */
export interface LaunchEnds {
  /** What is left of the NONCE ticket's own life, in milliseconds. */
  readonly ticketMs: number;
  /** The generation whose token the NONCE ticket was made from. */
  readonly generationId: string;
  /** How the credentials are now. */
  readonly status: Pick<TicketStatus, 'generationId' | 'ageMs' | 'remainingMs'>;
  readonly refreshIntervalMs: number;
  readonly ticketOverlapMs: number;
}

/**
 * How long a launch is good for: a NONCE ticket dies with its token, and a token one overlap after the next one was asked
 * for (protocol.md section 5).
 *
 * @returns milliseconds, 0 or more
 */
export function launchLifeMs({ ticketMs, status, ...rest }: LaunchEnds): number {
  const { generationId, refreshIntervalMs, ticketOverlapMs } = rest;
  const { ageMs = 0, remainingMs = 0 } = status;
  const untilRefreshMs = Math.max(refreshIntervalMs * EARLIEST_REFRESH - ageMs, 0);
  const tokenMs =
    status.generationId === generationId
      ? Math.min(untilRefreshMs + ticketOverlapMs, remainingMs)
      : // Replaced meanwhile: the age is that of the token which ended ours.
        ticketOverlapMs - ageMs;
  return Math.max(0, Math.round(Math.min(ticketMs, tokenMs)));
}
