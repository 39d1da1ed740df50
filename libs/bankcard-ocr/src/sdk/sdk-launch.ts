import { inspect } from 'node:util';
import type { TicketStatus } from '../credentials/ticket.service.js';
import { equalityTag } from '../runtime/equality-tag.js';

type SdkLaunchValues = Omit<SdkLaunch, 'toString' | 'valueOf' | typeof Symbol.toPrimitive | typeof inspect.custom>;

export const RESULT_SIGNATURE = /^[0-9A-Fa-f]{40}$/;

/** What the app starts the phone SDK with. Printing hides the signature, which `JSON.stringify` has. */
export class SdkLaunch {
  /** The SDK's `openApiAppId`. */
  readonly appId!: string;
  /** The SDK's `openApiAppVersion`. */
  readonly version!: string;
  /** The SDK's `openApiNonce`: the very one that was signed. */
  readonly nonce!: string;
  /** The SDK's `openApiUserId`. */
  readonly userId!: string;
  /** The SDK's `orderNo`; the result is queried by it. Not signed (protocol.md section 4). */
  readonly orderNo!: string;
  /** The SDK's `openApiSign`: 40 upper-case hexadecimal digits. */
  readonly sign!: string;
  /** Milliseconds, counted from the return of `create()`, within which the SDK must be started. */
  readonly expiresInMs!: number;

  /** @param values missing where class-transformer makes a copy, and sets what it found afterwards */
  constructor(values: SdkLaunchValues = {} as SdkLaunchValues) {
    Object.assign(this, values);
  }

  toString(): string {
    return `SdkLaunch(order ${this.orderNo}, sign [redacted])`;
  }

  /** For comparisons that prefer it to properties (fast-deep-equal). */
  valueOf(): string {
    return equalityTag(JSON.stringify(this));
  }

  [Symbol.toPrimitive](): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

/** Another process may refresh so much earlier. */
const MAX_JITTER_MS = 1_000;

/** Milliseconds, 0 or more. A token ends one overlap after the next one was requested (protocol.md section 5). */
export function launchLifeMs(launch: {
  readonly ticketMs: number;
  /** Of the token that it was made from. */
  readonly generationId: string;
  readonly status: Pick<TicketStatus, 'generationId' | 'ageMs' | 'dueInMs' | 'remainingMs'>;
  readonly ticketOverlapMs: number;
}): number {
  const { ticketMs, generationId, status, ticketOverlapMs } = launch;
  const { ageMs = 0, dueInMs = 0, remainingMs = 0 } = status;
  if (status.generationId === undefined) return 0;
  const untilRefreshMs = Math.max(0, dueInMs - MAX_JITTER_MS);
  const isCurrent = status.generationId === generationId;
  // When it was replaced meanwhile, the age is that of the token that replaced it.
  const tokenMs = isCurrent ? Math.min(untilRefreshMs + ticketOverlapMs, remainingMs) : ticketOverlapMs - ageMs;
  return Math.max(0, Math.round(Math.min(ticketMs, tokenMs)));
}
