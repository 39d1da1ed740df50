import type { SimulatedProcess } from '../kernel/process.js';
import type { SeededRandom } from '../kernel/seeded-random.js';
import {
  AuthClient,
  Semaphore,
  DEFAULTS,
  hostProfile,
  VendorHttpClient,
  isBankCardOcrError,
  OcrResultService,
  openTicketStore,
  ResultClient,
  secretFingerprint,
  SecretText,
  SignatureService,
  type TicketEvent,
  TicketService,
  type TicketStore,
  timingsFor,
} from '../library.js';
import type { VendorNetwork } from '../vendor/vendor-network.js';

/** How an instance of the application is set up. */
export interface InstanceSettings {
  readonly appId: string;
  readonly role: 'refresher' | 'reader';
  readonly backgroundRefresh: boolean;
  readonly intervalMs: number;
  readonly overlapMs: number;
  readonly secret: string;
  /** Mean time between two queries of an instance. */
  readonly queryEveryMs: number;
}

/** How a query ended. */
export interface QueryOutcome {
  readonly order: string;
  readonly beganAt: number;
  /** What the instance had to use when the query began. */
  readonly heldId: string | undefined;
  /** `OK`, or the code of the error. */
  readonly code: string;
  readonly vendorCode?: string;
}

/** Is told what happens inside an instance. */
export interface InstanceObserver {
  event(instance: Instance, event: TicketEvent): void;
  queried(instance: Instance, outcome: QueryOutcome): void;
  started(instance: Instance): void;
  /** It could not start, or has ended of its own. */
  exited(instance: Instance, reason: string): void;
}

/** What an instance stands on. */
export interface InstanceSurroundings {
  readonly network: VendorNetwork;
  readonly createStore: (process: SimulatedProcess, random: SeededRandom) => TicketStore;
  readonly observer: InstanceObserver;
}

/** One process of the application: the real services of the library, wired as the module wires them. */
export class Instance {
  tickets: TicketService | undefined;
  isReady = false;
  isClosing = false;
  readonly startedAt: number;
  queriesInFlight = 0;
  #close: (() => Promise<void>) | undefined;
  #results: OcrResultService | undefined;
  #orders = 0;

  constructor(
    readonly process: SimulatedProcess,
    readonly settings: InstanceSettings,
    private readonly surroundings: InstanceSurroundings,
    private readonly random: SeededRandom,
  ) {
    this.startedAt = process.machine.kernel.now;
    process.afterwards(random.between(50, 800), () => void this.#start());
    this.#queryLater();
  }

  get name(): string {
    return this.process.name;
  }

  /** The program ends itself as a server does: no more queries, then timers, connections and store. */
  async shutDown(): Promise<void> {
    this.isClosing = true;
    await this.#close?.();
  }

  /** The application asks for new credentials. */
  requestRefresh(): void {
    this.tickets?.refresh().catch((error: unknown) => {
      if (!isBankCardOcrError(error)) throw error;
    });
  }

  /** A caller asks for an order. */
  async query(kind: 'order' | 'unknown' | 'malformed' = 'order'): Promise<void> {
    const { tickets } = this;
    if (!tickets || !this.#results || this.isClosing) return;
    const { kernel } = this.process.machine;
    const order = `${kind}${this.name.replace(/\W/g, '')}n${(this.#orders += 1)}`;
    const begun = { order, beganAt: kernel.now, heldId: tickets.peek()?.generationId };
    this.queriesInFlight += 1;
    let ended: Pick<QueryOutcome, 'code' | 'vendorCode'>;
    try {
      await this.#results.query(order);
      ended = { code: 'OK' };
    } catch (error) {
      if (!isBankCardOcrError(error)) throw error;
      ended = { code: error.code, vendorCode: error.vendorCode };
    } finally {
      this.queriesInFlight -= 1;
    }
    this.surroundings.observer.queried(this, { ...begun, ...ended });
  }

  async #start(): Promise<void> {
    const { process, random, settings } = this;
    const { network, createStore, observer } = this.surroundings;
    const { clock } = process;
    const { appId, role, secret, intervalMs, overlapMs } = settings;
    const { protocolVersion: version, paths, attemptTimeoutMs, maxConnections, maxResponseBytes } = DEFAULTS;
    const { appIdFields } = hostProfile('kyc1.qcloud.com');
    const transport = network.transportOf(process);
    const exchange = new VendorHttpClient({
      transport,
      gate: new Semaphore(maxConnections),
      clock,
      vendorCodeOverrides: {},
      maxResponseBytes,
      origin: 'http://vendor',
      onExchange: () => undefined,
    });
    const store = createStore(process, random.stream('store'));
    try {
      await openTicketStore(store, role === 'reader' ? 'read' : 'write');
    } catch {
      await store.close();
      observer.exited(this, 'its store cannot be used');
      return;
    }
    const secretText = new SecretText(secret);
    const tickets = new TicketService({
      store,
      auth: new AuthClient(exchange, {
        appId,
        secret: secretText,
        appIdFields,
        version,
        paths,
        timeoutMs: attemptTimeoutMs,
      }),
      clock,
      random: random.stream('tickets'),
      storeClock: clock,
      timings: timingsFor(intervalMs, overlapMs),
      secretFingerprint: secretFingerprint(appId, secret),
      backgroundRefresh: settings.backgroundRefresh,
      role,
      observeRefresh: (_reason, refresh) => refresh(),
    });
    tickets.events$.subscribe((event) => observer.event(this, event));
    this.tickets = tickets;
    const nonces = random.stream('nonces');
    this.#results = new OcrResultService({
      ...DEFAULTS,
      appId,
      limits: DEFAULTS,
      vendorCodeOverrides: {},
      tickets,
      signatures: new SeededSignatures(() => nonces.id().replaceAll('-', '')),
      results: new ResultClient(exchange, clock, {
        path: paths.queryResult,
        appIdField: appIdFields.queryResult,
        appId,
        version,
      }),
      clock,
      random: random.stream('retry'),
    });
    this.#close = async () => {
      await tickets.close();
      await transport.close();
      await store.close();
    };
    tickets.start();
    this.isReady = true;
    observer.started(this);
  }

  #queryLater(): void {
    const { kernel } = this.process.machine;
    kernel.after(this.random.exponential(this.settings.queryEveryMs), () => {
      if (!this.process.isAlive || this.isClosing) return;
      // Callers of a process that does not answer go elsewhere.
      if (this.isReady && (!this.process.standsStill || this.random.chance(0.02))) {
        this.process.deliver(() => void this.query());
      }
      this.#queryLater();
    });
  }
}

/** The real signatures, with nonces that can be repeated. */
class SeededSignatures extends SignatureService {
  constructor(private readonly nextNonce: () => string) {
    super();
  }

  override createNonce(): string {
    return this.nextNonce();
  }
}
