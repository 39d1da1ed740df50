import { BankCardOcrError, invalidArgument } from '../errors/bank-card-ocr-error.js';
import { BankCardOcrConfigurationError, configurationIssue, Problem } from '../errors/configuration-error.js';
import type { BankCardOcrOptions } from '../options/bankcard-ocr.options.js';
import { concealSecrets } from '../options/concealed-options.js';
import { isUnset, numeric, whatIsSet } from '../options/option-values.js';
import { type ResolvedOptions, resolveOptions } from '../options/resolve-options.js';
import type { ClockTimer } from '../runtime/clock.js';
import { type BankCardOcrClient, type ClientContext, createClient } from './create-client.js';

/** Options of one account; what it leaves open is for {@link ClientFactoryOptions.defaults} to say. */
export type AccountOptions = {
  readonly [Option in keyof BankCardOcrOptions]?: BankCardOcrOptions[Option] | undefined;
};

/** Options of {@link BankCardOcrClientFactory}. */
export interface ClientFactoryOptions {
  /** Return `appId` and `secret` at least. Called once for each client; a failure is not cached. */
  readonly resolve: (accountId: string) => Promise<AccountOptions> | AccountOptions;
  /** Options of every account, unless {@link resolve} says otherwise: `ticketStore` above all. */
  readonly defaults?: Partial<Omit<BankCardOcrOptions, 'appId' | 'secret'>> | undefined;
  /** How many accounts have a client at once; beyond that the least recently used one is closed. At least 1. @default 100 */
  readonly maxAccounts?: number | undefined;
}

interface Account {
  readonly id: string;
  readonly client: Promise<BankCardOcrClient>;
  made?: BankCardOcrClient;
  unregister?: () => void;
  /** Closes the client when the calls that are under way have ended. */
  closing?: ClockTimer | undefined;
}

interface FactoryContext {
  clientSurroundings(accountId: string, appId: string): ClientContext;
  /** @returns a function that releases the app id and the store */
  register(resolved: ResolvedOptions): () => void;
}

/** Clients of accounts known only at run time, e.g. tenants: made when first used, closed to make room for others. */
export class BankCardOcrClientFactory {
  readonly #maxAccounts: number;
  /** The least recently used one comes first; those beyond `maxAccounts` are leaving. */
  readonly #accounts = new Map<string, Account>();
  readonly #observers = new Set<() => void>();
  #isClosed = false;

  /** @internal made by `BankCardOcrAccountsModule` */
  constructor(
    private readonly options: ClientFactoryOptions,
    private readonly surroundings: FactoryContext,
  ) {
    this.#maxAccounts = checkFactoryOptions(options);
  }

  /** How many accounts have a client, without those that are leaving. */
  get size(): number {
    return Math.min(this.#accounts.size, this.#maxAccounts);
  }

  /**
   * Return the client of an account. Ask for each piece of work: one that makes room closes after its `timeoutMs`.
   * @param accountId what `resolve` is called with
   * @throws {@link BankCardOcrConfigurationError} for wrong options, or an app id that is taken; what `resolve` throws
   */
  async get(accountId: string): Promise<BankCardOcrClient> {
    if (this.#isClosed) throw new BankCardOcrError('NO_VALID_TICKET', { message: 'the application is closing' });
    if (typeof accountId !== 'string' || accountId === '')
      throw invalidArgument('get() takes the id of an account, a text');
    // An account that is used again while it closes keeps its client: a second one would refresh beside it.
    const account = this.#accounts.get(accountId) ?? this.#begin(accountId);
    this.#remove(account);
    this.#accounts.set(accountId, account);
    this.#makeRoom();
    return account.client;
  }

  /** Close the client of an account, e.g. when its secret has changed. Calls that are under way fail. */
  async evict(accountId: string): Promise<void> {
    const account = this.#accounts.get(accountId);
    if (account) await this.#close(account);
  }

  /** The clients that there are now, by the ids of their accounts. @internal */
  get clients(): ReadonlyMap<string, BankCardOcrClient> {
    return new Map([...this.#accounts].flatMap(([id, { made }]) => (made ? [[id, made] as const] : [])));
  }

  /** Call `observer` whenever a client was made, before it starts. @internal */
  observe(observer: () => void): void {
    this.#observers.add(observer);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#accounts.values()].map(async (account) => this.#close(account)));
  }

  #begin(id: string): Account {
    const account: Account = { id, client: Promise.resolve().then(async () => this.#create(account)) };
    // The next caller tries again; callers that wait for this client get the rejection of its promise.
    account.client.then(
      () => this.#makeRoom(),
      () => this.#end(account),
    );
    return account;
  }

  async #create(account: Account): Promise<BankCardOcrClient> {
    const own = await this.options.resolve(account.id);
    // What an account leaves open, e.g. an empty column, is for the defaults to say.
    const set = { ...this.options.defaults, ...whatIsSet(own ?? {}) };
    const resolved = resolveOptions(set as BankCardOcrOptions);
    account.unregister = this.surroundings.register(resolved);
    const client = await createClient(resolved, this.surroundings.clientSurroundings(account.id, resolved.appId));
    account.made = client;
    for (const observe of this.#observers) observe();
    client.start();
    return client;
  }

  #makeRoom(): void {
    let excess = this.#accounts.size - this.#maxAccounts;
    for (const account of this.#accounts.values()) {
      if (excess <= 0) return;
      excess -= 1;
      // One that is still being made comes here again.
      const options = account.made?.forOperators.options;
      account.closing ??= options?.clock.setTimer(() => void this.#close(account), options.timeoutMs);
    }
  }

  async #close(account: Account): Promise<void> {
    this.#end(account);
    await account.client.then(
      (client) => client.close(),
      () => undefined,
    );
    // It may have been registered meanwhile, if it was still being made.
    account.unregister?.();
  }

  #end(account: Account): void {
    this.#remove(account);
    account.unregister?.();
  }

  #remove(account: Account): void {
    account.closing?.cancel();
    account.closing = undefined;
    if (this.#accounts.get(account.id) === account) this.#accounts.delete(account.id);
  }
}

export function concealDefaults(options: ClientFactoryOptions): ClientFactoryOptions {
  const { resolve, defaults } = options;
  if (typeof defaults !== 'object' || typeof resolve !== 'function') return options;
  // It may be a method that needs the object it belongs to.
  return { ...options, resolve: (accountId) => options.resolve(accountId), defaults: concealSecrets(defaults) };
}

function checkFactoryOptions({ resolve, maxAccounts }: ClientFactoryOptions): number {
  const most = isUnset(maxAccounts) ? 100 : numeric('whole number').read(maxAccounts);
  const issues = [
    ...(typeof resolve === 'function' ? [] : [configurationIssue('resolve', NO_FUNCTION)]),
    ...(most instanceof Problem ? [configurationIssue('maxAccounts', most)] : []),
  ];
  if (issues.length > 0) throw new BankCardOcrConfigurationError(issues);
  return most as number;
}

const NO_FUNCTION = new Problem(
  'must be a function that returns appId and secret of an account id',
  '必须是函数，按账号 id 返回 appId 和 secret',
);
