import type { Credentials } from '../credentials/credentials.js';
import { TicketService } from '../credentials/ticket.service.js';

/** Adapt the override of a `TicketService`, which need only have `getCredentials()`, to what the other services use. */
export function completeTickets(given: Pick<TicketService, 'getCredentials'>): TicketService {
  if (given instanceof TicketService) return given;
  let latest: Credentials | undefined;
  const getCredentials = async (signal?: AbortSignal) => (latest = await given.getCredentials(signal));
  // Their expiry is unknown: a launch is valid for as long as its own ticket.
  const forever = Number.POSITIVE_INFINITY;
  const tickets: { readonly [Member in keyof TicketService]?: unknown } = {
    fresh: () => undefined,
    getCredentials,
    // The override decides whether to refresh: a request is repeated if it returns other credentials now.
    replaceRejected: async ({ generationId }: Credentials) => {
      const credentials = await getCredentials();
      return credentials.generationId === generationId ? undefined : credentials;
    },
    report: () => undefined,
    get ticketsForVerifying() {
      return latest ? [latest.signTicket] : [];
    },
    reload: async () => undefined,
    status: () => ({ generationId: latest?.generationId, dueInMs: forever, remainingMs: forever }),
  };
  return tickets as TicketService;
}
