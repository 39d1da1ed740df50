import { inCallersContext, untraced } from '../tracing-suppression.js';
import type { RedisClient } from './redis-commands.js';
import { type RedisFault, redisFault } from './redis-fault.js';

/** Listens, on a connection of its own, for records that others write. A hint: whoever depends on it also polls. */
export class RedisWatch {
  readonly #listeners = new Set<() => void>();
  #subscriber: RedisClient | undefined;

  readonly #client: RedisClient;

  /** @param onRefused is told when Redis does not let it listen */
  constructor(
    client: RedisClient,
    private readonly channel: string,
    private readonly onRefused: (fault: RedisFault) => void,
  ) {
    this.#client = client;
  }

  /** @returns stops the listening */
  add(onChange: () => void): () => void {
    // Called from that connection: what follows is the application's.
    const listener = inCallersContext(onChange);
    this.#listeners.add(listener);
    // The connection, and each that follows it, belongs to nobody's trace.
    this.#subscriber ??= untraced(() => this.#subscribe());
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    this.#listeners.clear();
    this.#subscriber?.disconnect();
    this.#subscriber = undefined;
  }

  #subscribe(): RedisClient {
    const subscriber = duplicate(this.#client);
    const tell = () => {
      for (const listener of this.#listeners) listener();
    };
    // A client without a listener prints its errors, and those can hold what was sent.
    subscriber.on('error', () => undefined);
    subscriber.on('message', tell);
    const subscribe = () => {
      // What was written while nobody listened has been missed.
      untraced(() => subscriber.subscribe(this.channel)).then(tell, (error: unknown) => {
        const fault = redisFault(error, [this.channel]);
        if (fault.isRefusal) this.onRefused(fault);
      });
    };
    subscriber.on('ready', subscribe);
    return subscriber;
  }
}

/** As the client, but patient: it has nothing to do than to wait for a connection and for messages. */
function duplicate(client: RedisClient): RedisClient {
  const patience = { lazyConnect: false, enableOfflineQueue: true, maxRetriesPerRequest: null };
  if ('nodes' in client) return client.duplicate([], { lazyConnect: false, enableOfflineQueue: true });
  return client.duplicate({ ...patience, autoResubscribe: false });
}
