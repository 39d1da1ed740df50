import type { TicketStatus } from '../credentials/ticket-status.js';

/** Another process may be due so much earlier. */
const LONGEST_JITTER_MS = 1_000;

/** What ends a launch. */
export interface LaunchEnds {
  /** What is left of the NONCE ticket's own life, in milliseconds. */
  readonly ticketMs: number;
  /** The generation whose token the NONCE ticket was made from. */
  readonly generationId: string;
  /** How the credentials are now. */
  readonly status: Pick<TicketStatus, 'generationId' | 'ageMs' | 'dueInMs' | 'remainingMs'>;
  readonly ticketOverlapMs: number;
}

/**
 * How long a launch is good for: a NONCE ticket dies with its token, and a token one overlap after the next one was asked
 * for (protocol.md section 5).
 *
 * @returns milliseconds, 0 or more
 */
export function launchLifeMs({ ticketMs, status, generationId, ticketOverlapMs }: LaunchEnds): number {
  const { ageMs = 0, dueInMs = 0, remainingMs = 0 } = status;
  if (status.generationId === undefined) return 0;
  const untilRefreshMs = Math.max(0, dueInMs - LONGEST_JITTER_MS);
  const tokenMs =
    status.generationId === generationId
      ? Math.min(untilRefreshMs + ticketOverlapMs, remainingMs)
      : // Replaced meanwhile: the age is that of the token which ended ours.
        ticketOverlapMs - ageMs;
  return Math.max(0, Math.round(Math.min(ticketMs, tokenMs)));
}
