import { secretFingerprint } from '../credentials/ticket-record.js';
import type { StoreAccess } from '../credentials/store/ticket-store.js';
import type { StoreInspection } from '../credentials/store/store-inspection.js';
import type { TicketService, TicketStatus } from '../credentials/ticket.service.js';
import { type BankCardOcrError, isBankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { codeOrNameOf, maskAppId } from '../errors/redaction.js';
import { raceTimeout } from '../runtime/abort.js';
import { type Clock, SystemClock } from '../runtime/clock.js';
import type { ObservedAccount, ObservedAccounts } from './observed-accounts.js';
import { meaningOf, type ShownEvent, type ShownExchange, shownVendorCode } from './shown-exchange.js';
import { reportStore, type StoreReport, withoutUserInfo } from './store-report.js';

/** An account, as operators see it. */
interface ShownAccount {
  /** The name of its registration, or its id; null for the one without a name. */
  readonly account: string | null;
  /** Whether it is a client of `BankCardOcrAccountsModule`. */
  readonly runTime: boolean;
  /** The first three and the last two characters. */
  readonly appId: string;
  /** Tencent's. */
  readonly host: string;
  readonly transport: string;
  readonly role: string;
  readonly store: { readonly description: string; readonly scope: string; readonly encrypted: boolean };
  readonly refreshIntervalMs: number;
  readonly health: 'up' | 'down';
  readonly state: string;
}

/** What the credentials of an account are like, without what is in its store. */
interface ShownStatus {
  readonly account: string | null;
  readonly health: 'up' | 'down';
  readonly state: TicketStatus['state'] | 'unknown';
  readonly everObtained?: boolean;
  readonly refreshing?: boolean;
  readonly role?: string;
  readonly generation?: number;
  readonly generationId?: string;
  /** Since the access token was requested; a refresh is due at about {@link intervalMs}. */
  readonly ageMs?: number;
  readonly intervalMs: number;
  readonly dueInMs?: number;
  /** Until the SIGN ticket expires. */
  readonly remainingMs?: number;
  /** The last refresh failed. */
  readonly failure?: {
    readonly code: string;
    readonly vendorCode?: string;
    readonly meaning: { readonly en: string; readonly zh: string };
    readonly retryInMs: number;
  };
  /** Signs of a program that refreshes the same app id and does not share the store, since startup. */
  readonly foreignRefresher?: { readonly suspected: number; readonly last?: ShownEvent };
  readonly store?: { readonly description: string; readonly scope: string; readonly failing: boolean };
}

/** The credentials of an account, as operators see them. */
interface ShownCredentials extends ShownStatus {
  readonly stored: StoreReport;
  /** What happened last to the credentials, the newest first. */
  readonly events: readonly ShownEvent[];
}

/** What became of a refresh that an operator asked for. */
export interface RefreshOutcome {
  readonly account: string | null;
  /**
   * - `refreshed`: there are new credentials.
   * - `too-soon`: nothing was requested, because the last forced refresh is less than one overlap ago.
   * - `backing-off`: nothing was requested, because refreshes fail and the pause before the next one is not over.
   * - `failed`: see `code`.
   */
  readonly outcome: 'refreshed' | 'too-soon' | 'backing-off' | 'failed';
  /** A refresh was running already, and its outcome is this one. */
  readonly joined: boolean;
  readonly durationMs: number;
  readonly generation?: number;
  /** Which process requested the new credentials from Tencent. */
  readonly by?: 'this-process' | 'another-process';
  readonly code?: string;
  readonly vendorCode?: string;
  readonly message?: { readonly en: string; readonly zh: string };
  readonly retryInMs?: number;
}

/** A store is inspected at most so often for each account, however many operators look at it. */
const INSPECTED_FOR_MS = 1_000;
/** A page of operators does not wait for a store that hangs. */
const INSPECTION_TIMEOUT_MS = 5_000;
/** A lease that a dead holder has left is waited for. */
const CHECK_TIMEOUT_MS = 20_000;

/** What operators ask for, without HTTP. Nothing in what it returns is secret. */
export class OperationsService {
  readonly #inspections = new WeakMap<
    ObservedAccount,
    { readonly at: number; readonly report: Promise<StoreReport> }
  >();
  readonly #checks = new WeakMap<ObservedAccount, Promise<StoreReport>>();

  constructor(
    private readonly observed: ObservedAccounts,
    private readonly clock: Clock = new SystemClock(),
  ) {}

  /** Those of a name, all without one; empty when there are none. */
  find(name?: string | null): ObservedAccount[] {
    return this.observed.current().filter((account) => name === undefined || account.name === name);
  }

  accounts(): ShownAccount[] {
    return this.find().map((account) => {
      const { appId, baseUrl, transport, role, storeEncryptionKey, refreshIntervalMs } =
        account.client.forOperators.options;
      const { store } = account.client.forOperators;
      const { health, state } = showStatus(account);
      return {
        account: account.name,
        runTime: account.isRunTime,
        appId: maskAppId(appId),
        host: baseUrl.host,
        transport,
        role,
        store: { ...describeStore(store), encrypted: storeEncryptionKey !== undefined },
        refreshIntervalMs,
        health,
        state,
      };
    });
  }

  /** Without what is in the stores: from memory. */
  statuses(accounts: readonly ObservedAccount[]): ShownStatus[] {
    return accounts.map(showStatus);
  }

  async credentials(accounts: readonly ObservedAccount[]): Promise<ShownCredentials[]> {
    return Promise.all(
      accounts.map(async (account) => {
        const stored = await this.#inspected(account);
        return { ...showStatus(account), stored, events: account.events };
      }),
    );
  }

  /** The newest first. */
  exchanges(accounts: readonly ObservedAccount[], limit: number): ShownExchange[] {
    const all = accounts.flatMap(({ exchanges }) => exchanges.slice(0, limit));
    return all.toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at)).slice(0, limit);
  }

  /** Fetch new credentials, or join the refresh that is running. Never rejects because of Tencent or the store. */
  async refresh(account: ObservedAccount): Promise<RefreshOutcome> {
    const { tickets } = account.client;
    const before = statusOf(tickets);
    const beganAt = this.clock.monotonic();
    const outcome = (what: Omit<RefreshOutcome, 'account' | 'joined' | 'durationMs'>): RefreshOutcome => {
      const durationMs = Math.round(this.clock.monotonic() - beganAt);
      return { account: account.name, joined: before?.refreshing === true, durationMs, ...what };
    };
    try {
      const { generation, generationId } = await tickets.refresh();
      const updated = account.events.find((one) => one['generationId'] === generationId);
      const by = updated?.['source'] === 'store' ? 'another-process' : 'this-process';
      return outcome({ outcome: 'refreshed', generation, by });
    } catch (error) {
      if (!isBankCardOcrError(error)) throw error;
      const isBackingOff = before?.refreshing === false && (before.failure?.retryInMs ?? 0) > 0;
      const isTooSoon = error.code === 'RATE_LIMITED' && error.vendorCode === undefined;
      const what = isTooSoon ? 'too-soon' : isBackingOff ? 'backing-off' : 'failed';
      return outcome({ outcome: what, ...describeFailure(error) });
    }
  }

  /**
   * Check the store as `doctor` does: whether this process can write it and take the lease, which is released at once. One
   * check at a time for each account.
   */
  async checkStore(account: ObservedAccount): Promise<StoreReport> {
    const running = this.#checks.get(account);
    if (running) return running;
    const access: StoreAccess = account.client.forOperators.options.role === 'reader' ? 'read' : 'write';
    const check = this.#inspect(account, access, CHECK_TIMEOUT_MS).finally(() => this.#checks.delete(account));
    this.#checks.set(account, check);
    return check;
  }

  async #inspected(account: ObservedAccount): Promise<StoreReport> {
    const known = this.#inspections.get(account);
    const now = this.clock.monotonic();
    if (known && now - known.at < INSPECTED_FOR_MS) return known.report;
    const report = this.#inspect(account, 'read', INSPECTION_TIMEOUT_MS);
    this.#inspections.set(account, { at: now, report });
    return report;
  }

  async #inspect(account: ObservedAccount, access: StoreAccess, timeoutMs: number): Promise<StoreReport> {
    const { store, options } = account.client.forOperators;
    const late = () => Object.assign(new Error('the store does not respond'), { code: 'TIMEOUT' });
    const inspection = await raceTimeout(this.clock, timeoutMs, () => store.inspect(access), late).catch(
      (error: unknown): StoreInspection => ({
        content: { kind: 'unreadable', code: codeOrNameOf(error) },
        findings: [],
      }),
    );
    const fingerprint = secretFingerprint(options.appId, options.secret.reveal());
    return reportStore(inspection, options.clock.now(), fingerprint);
  }
}

/** An overridden `TicketService` may know `getCredentials()` only. */
function statusOf(tickets: TicketService): TicketStatus | undefined {
  try {
    const status = tickets.status();
    return 'everObtained' in status ? status : undefined;
  } catch {
    return undefined;
  }
}

function showStatus({ name, client, events }: ObservedAccount): ShownStatus {
  const { refreshIntervalMs: intervalMs } = client.forOperators.options;
  const { status: health } = client.health.check('account').account;
  const status = statusOf(client.tickets);
  if (!status) return { account: name, health, state: 'unknown', intervalMs };
  const { state, everObtained, refreshing, role, generation, generationId, ageMs, dueInMs, remainingMs } = status;
  const { failure, foreignRefreshSuspected: suspected, store } = status;
  const last = suspected > 0 ? events.find(isForeignRefresh) : undefined;
  return {
    account: name,
    health,
    state,
    everObtained,
    refreshing,
    role,
    generation,
    generationId,
    ageMs,
    intervalMs,
    dueInMs,
    remainingMs,
    ...(failure && {
      failure: {
        code: failure.code,
        vendorCode: shownVendorCode(failure.vendorCode),
        meaning: meaningOf(failure),
        retryInMs: failure.retryInMs,
      },
    }),
    foreignRefresher: { suspected, ...(last && { last }) },
    store: { ...describeStore(store), failing: store.failing },
  };
}

function isForeignRefresh({ event }: ShownEvent): boolean {
  return event === 'foreign-refresh-suspected';
}

function describeStore({ description, scope }: { readonly description: string; readonly scope: string }) {
  return { description: withoutUserInfo(description), scope };
}

/** The reason of a refresh that failed is the cause of what its callers get. */
function describeFailure(
  error: BankCardOcrError,
): Pick<RefreshOutcome, 'code' | 'vendorCode' | 'message' | 'retryInMs'> {
  const reason = isBankCardOcrError(error.cause) ? error.cause : error;
  const { code, vendorCode, message: en, messageZh: zh } = reason;
  const isOurs = vendorCode === undefined;
  return {
    code,
    vendorCode: shownVendorCode(vendorCode),
    // Ours says more; that about a response of Tencent is taken from the tables, never from the response.
    message: isOurs ? { en: withoutUserInfo(en), zh: withoutUserInfo(zh) } : meaningOf(reason),
    ...(error.retryAfterMs !== undefined && { retryInMs: Math.ceil(error.retryAfterMs) }),
  };
}
