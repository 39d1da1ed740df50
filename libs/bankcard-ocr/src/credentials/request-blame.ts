import type { Clock } from '../runtime/clock.js';
import type { Actor } from '../errors/error-codes.js';

/** The codes for dead credentials leave nothing to do but for us; the one that may mean the request, for a developer. */
export function mayBeTheRequest(actor: Actor): boolean {
  return actor === 'developer';
}

/**
 * Remembers that a request was rejected with new credentials too: its code means the request then, and starts no
 * refresh of these credentials for one overlap (protocol.md section 6, 400101).
 */
export class RequestBlame {
  #blamed: { readonly generationId: string; readonly until: number } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly overlapMs: number,
  ) {}

  note(generationId: string, actor: Actor): void {
    if (mayBeTheRequest(actor)) this.#blamed = { generationId, until: this.clock.monotonic() + this.overlapMs };
  }

  /** Whether a rejection of these credentials starts no refresh. */
  covers(generationId: string, actor: Actor): boolean {
    if (!mayBeTheRequest(actor) || this.#blamed?.generationId !== generationId) return false;
    return this.clock.monotonic() < this.#blamed.until;
  }
}
