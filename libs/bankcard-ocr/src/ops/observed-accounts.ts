import type { ModulesContainer } from '@nestjs/core';
import { instancesIn } from '../account/account-registry.js';
import { BankCardOcrClientFactory } from '../account/client-factory.js';
import { BankCardOcrClient } from '../account/create-client.js';
import { showEvent, showExchange, type ShownEvent, type ShownExchange } from './shown-exchange.js';

/** What has happened last is kept for so many events of the credentials. */
const RECENT_EVENTS = 50;

/** An account that is in use, and what was observed of it. */
export interface ObservedAccount {
  /** The name of its registration, or the id of an account that is known at run time; null for the one without a name. */
  readonly name: string | null;
  readonly client: BankCardOcrClient;
  readonly isRunTime: boolean;
  /** The newest comes first. */
  readonly exchanges: readonly ShownExchange[];
  /** The newest comes first. */
  readonly events: readonly ShownEvent[];
}

/** Takes everything that is observed. */
export interface ObservedAccountsListener {
  exchange(shown: ShownExchange): void;
  event(shown: ShownEvent): void;
}

/**
 * Finds the accounts of an application, those of `BankCardOcrModule` and those of `BankCardOcrAccountsModule`, and observes
 * them from then on.
 */
export class ObservedAccounts {
  readonly #accounts = new Map<BankCardOcrClient, ObservedAccount & { readonly leave: () => void }>();
  readonly #factories = new Set<BankCardOcrClientFactory>();

  constructor(
    private readonly application: ModulesContainer,
    private readonly recentExchanges: number,
    private readonly listener: ObservedAccountsListener,
  ) {}

  /** All accounts that are in use now; those that were registered late, in a lazy module, are observed from now on. */
  current(): ObservedAccount[] {
    const inUse = new Set([
      ...instancesIn(this.application, BankCardOcrClient).map((client) => {
        return this.#observe(client, client.forOperators.telemetry.account);
      }),
      ...instancesIn(this.application, BankCardOcrClientFactory).flatMap((factory) => this.#accountsOf(factory)),
    ]);
    for (const [client, account] of this.#accounts) {
      if (inUse.has(account)) continue;
      account.leave();
      this.#accounts.delete(client);
    }
    return [...inUse];
  }

  /** Observe no more. */
  close(): void {
    for (const { leave } of this.#accounts.values()) leave();
    this.#accounts.clear();
  }

  #accountsOf(factory: BankCardOcrClientFactory): ObservedAccount[] {
    if (!this.#factories.has(factory)) {
      this.#factories.add(factory);
      // Looks at all accounts, so that those that were closed are forgotten when others take their place.
      factory.observe(() => void this.current());
    }
    return [...factory.clients].map(([id, client]) => this.#observe(client, id, true));
  }

  #observe(client: BankCardOcrClient, name: string | undefined, isRunTime = false): ObservedAccount {
    const known = this.#accounts.get(client);
    if (known) return known;
    const { telemetry, options } = client.forOperators;
    const { clock } = options;
    const exchanges: ShownExchange[] = [];
    const events: ShownEvent[] = [];
    const observation = {
      end: (record: Parameters<typeof showExchange>[0]): void => {
        const shown = showExchange(record, clock.now());
        addRecent(exchanges, shown, this.recentExchanges);
        this.listener.exchange(shown);
      },
    };
    const leave = telemetry.subscribe({
      attempt: () => observation,
      event: (event, account) => {
        const shown = showEvent(event, account, clock.now());
        addRecent(events, shown, RECENT_EVENTS);
        this.listener.event(shown);
      },
    });
    const observed = { name: name ?? null, client, isRunTime, exchanges, events, leave };
    this.#accounts.set(client, observed);
    return observed;
  }
}

/** Put an item before the others; of more than `most` the oldest is dropped. */
export function addRecent<T>(items: T[], item: T, most: number): void {
  items.unshift(item);
  if (items.length > most) items.pop();
}
