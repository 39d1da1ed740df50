import type { Credentials } from '../credentials/credentials.js';
import { TicketService, type TicketStatus } from '../credentials/ticket.service.js';

/**
 * Adapt the override of a `TicketService` to the interface that the other services use. It need only have
 * `getCredentials()`.
 */
export function completeTickets(tickets: TicketService): TicketService {
  return tickets instanceof TicketService ? tickets : (new OverriddenTickets(tickets) as unknown as TicketService);
}

type UsedByServices = 'fresh' | 'getCredentials' | 'replaceRejected' | 'report' | 'ticketsForVerifying' | 'reload';

class OverriddenTickets implements Pick<TicketService, UsedByServices> {
  #latest: Credentials | undefined;

  constructor(private readonly given: Pick<TicketService, 'getCredentials'>) {}

  fresh(): undefined {
    return undefined;
  }

  async getCredentials(signal?: AbortSignal): Promise<Credentials> {
    this.#latest = await this.given.getCredentials(signal);
    return this.#latest;
  }

  /** The replacement decides whether to refresh: a request is repeated if it returns other credentials now. */
  async replaceRejected({ generationId }: Credentials): Promise<Credentials | undefined> {
    const credentials = await this.getCredentials();
    return credentials.generationId === generationId ? undefined : credentials;
  }

  report(): void {}

  get ticketsForVerifying(): TicketService['ticketsForVerifying'] {
    return this.#latest ? [this.#latest.signTicket] : [];
  }

  async reload(): Promise<void> {}

  /** Their expiry is unknown: a launch is valid for as long as its own ticket. */
  status(): Pick<TicketStatus, 'generationId' | 'dueInMs' | 'remainingMs'> {
    const forever = Number.POSITIVE_INFINITY;
    return { generationId: this.#latest?.generationId, dueInMs: forever, remainingMs: forever };
  }
}
