import { TicketStore } from '../../credentials/store/ticket-store.js';
import type { Credentials } from '../../credentials/credentials.js';
import type { BankCardOcrClient } from '../../client/bank-card-ocr-client.js';
import { createClient } from '../../client/create-client.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import type { LogSink } from '../../telemetry/log-sink.js';

/** Credentials to try, and where they came from. */
export interface ObtainedCredentials {
  readonly credentials: Credentials;
  /** Fetched just now; else they stood in the store. */
  readonly fetched: boolean;
}

const ignore = (): void => undefined;
const SILENCE: LogSink = { debug: ignore, log: ignore, warn: ignore, error: ignore };

/**
 * Get credentials by the ordinary rules, but fetch only when the store has nothing valid: what is due is left to whoever
 * refreshes, and without the store nothing is fetched, whatever the options say.
 *
 * @throws {@link BankCardOcrError} `NO_VALID_TICKET`
 */
export async function obtainCredentials(options: ResolvedOptions, signal: AbortSignal): Promise<ObtainedCredentials> {
  const stored = isOfThisProcess(options)
    ? undefined
    : await withClient({ ...options, role: 'reader' }, async ({ tickets }) => {
        await tickets.look();
        return tickets.peek();
      });
  if (stored) return { credentials: stored, fetched: false };
  return withClient(options, async ({ tickets }) => {
    let fetched = false;
    tickets.events$.subscribe((event) => {
      if (event.type === 'generation-adopted') fetched = event.source === 'refresh';
    });
    const credentials = await tickets.current(signal);
    return { credentials, fetched };
  });
}

async function withClient<T>(options: ResolvedOptions, use: (client: BankCardOcrClient) => Promise<T>): Promise<T> {
  const quiet: ResolvedOptions = { ...options, backgroundRefresh: false, onStoreLoss: 'fail' };
  const client = await createClient(quiet, { log: SILENCE, debugs: () => false });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

function isOfThisProcess({ ticketStore }: ResolvedOptions): boolean {
  return !(ticketStore instanceof TicketStore) && ticketStore.kind === 'memory';
}
