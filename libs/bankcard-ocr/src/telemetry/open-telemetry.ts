import {
  type Attributes,
  context,
  type Counter,
  createNoopMeter,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type TracerProvider,
} from '@opentelemetry/api';
import { closedValue, OTHER, RARE, RARE_OF_ARCHIVE } from './closed-values.js';
import type {
  ActiveAccount,
  ActiveArchive,
  ArchiveBacklog,
  ArchiveEvent,
  AttemptEnd,
  AttemptStart,
  Observation,
  OperationEnd,
  OperationStart,
  TelemetrySubscriber,
} from './instrumentation.js';

/** How {@link openTelemetry} differs from its defaults. */
export interface OpenTelemetryOptions {
  /** Makes the spans. @default the one that the application has registered, whenever it does so */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Makes the metrics. @default the one that the application has registered, whenever it does so */
  readonly meterProvider?: MeterProvider | undefined;
  /**
   * The attribute `account` of spans and metrics. Each value multiplies the time series.
   * @default the name of the registration; `_OTHER` for all clients of `BankCardOcrClientFactory` together
   */
  readonly account?: string | undefined;
}

const SCOPE = 'nestjs-bankcard-ocr';
/** What a proxy leads to before an application has registered a provider. */
const NO_TRACER_PROVIDER = new ProxyTracerProvider().getDelegate();

/**
 * Send spans and metrics of the library to OpenTelemetry: the value of the option `telemetry`. Without a registered SDK it
 * does nothing. One object may serve several accounts.
 *
 * No span and no metric has a secret, an order number, a user id, a `bizSeqNo`, a card number, or the query of a URL.
 * @example
 * BankCardOcrModule.forRoot({ ...bankCardOcrOptionsFromEnv(process.env), telemetry: openTelemetry() });
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): TelemetrySubscriber {
  return new OpenTelemetrySubscriber(options);
}

class OpenTelemetrySubscriber implements TelemetrySubscriber {
  readonly #accounts = new Set<ActiveAccount>();
  readonly #archives = new Set<ActiveArchive>();
  /** Values of the attribute `account` that there have been. */
  readonly #names = new Set<string | undefined>();
  /** Two hosts at most for each account. */
  readonly #servers = new Map<string, Attributes>();
  #provider: MeterProvider | undefined;
  #instruments: Instruments | undefined;

  constructor(private readonly options: OpenTelemetryOptions) {}

  /** Whether the application has registered neither tracing nor metrics. */
  isIdle(): boolean {
    const provider = this.options.tracerProvider ?? trace.getTracerProvider();
    const isTraced = !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== NO_TRACER_PROVIDER;
    return !isTraced && this.#use === undefined;
  }

  operation(start: OperationStart): Observation<OperationEnd> {
    const { operation } = start;
    const attributes = { 'bankcard_ocr.operation': operation, ...this.#accountOf(start, 'bankcard_ocr.account') };
    // A refresh is for every caller and may begin in any context, also in one that hides requests from tracing. Whose call
    // has caused it is a link.
    const isRefresh = operation === 'refresh';
    const parent = isRefresh ? ROOT_CONTEXT : context.active();
    const links = isRefresh ? linksToActiveSpan() : [];
    const span = this.#tracer.startSpan(`bankcard_ocr.${operation}`, { attributes, links }, parent);
    return {
      within: (run) => context.with(trace.setSpan(parent, span), run),
      end: (end) => {
        endSpan(span, end);
        this.#measureOperation(end);
      },
    };
  }

  attempt(start: AttemptStart): Observation<AttemptEnd> {
    const { method, origin, path, attempt } = start;
    const span = this.#tracer.startSpan(`${method} ${path}`, {
      kind: SpanKind.CLIENT,
      attributes: {
        'http.request.method': method,
        ...this.#serverOf(origin),
        'url.full': origin + path,
        ...(attempt > 1 && { 'http.request.resend_count': attempt - 1 }),
        ...this.#accountOf(start, 'bankcard_ocr.account'),
      },
    });
    return {
      end: (end) => {
        if (end.status !== undefined) span.setAttribute('http.response.status_code', end.status);
        endSpan(span, end);
        const endpoint = closedValue.endpoint(end.endpoint);
        const outcome = closedValue.exchangeOutcome(end.outcome);
        this.#use?.exchange.record(end.durationMs / 1_000, { endpoint, outcome, ...this.#accountOf(end) });
      },
    };
  }

  event(event: Parameters<NonNullable<TelemetrySubscriber['event']>>[0], account: string | undefined): void {
    if (event.type === 'credentials-rejected') {
      const code = closedValue.rejectionCode(event.vendorCode);
      this.#use?.rejections.add(1, { code, ...this.#accountOf({ account }) });
      return;
    }
    const counted = closedValue.credentialEvent(event.type);
    if (counted !== undefined) this.#use?.events.add(1, { event: counted, ...this.#accountOf({ account }) });
  }

  account(account: ActiveAccount): () => void {
    this.#accounts.add(account);
    this.#names.add(this.options.account ?? account.account);
    // The age of the ticket is read from now on, also if nothing else happens.
    const use = this.#use;
    if (use) startAtZero(use, this.#accountOf(account));
    return () => void this.#accounts.delete(account);
  }

  archiveEvent(event: ArchiveEvent, account: string | undefined): void {
    const attributes = this.#accountOf({ account });
    if (event.type === 'lost') this.#use?.lost.add(1, { code: closedValue.lostCode(event.code), ...attributes });
    else this.#use?.rounds.add(1, { outcome: closedValue.roundOutcome(event.outcome), ...attributes });
  }

  archive(archive: ActiveArchive): () => void {
    this.#archives.add(archive);
    const use = this.#use;
    if (use) startArchiveAtZero(use, this.#accountOf(archive));
    return () => void this.#archives.delete(archive);
  }

  #measureKeep(use: Instruments, end: OperationEnd): void {
    const account = this.#accountOf(end);
    use.keep.record(end.durationMs / 1_000, { outcome: closedValue.keepOutcome(end.outcome), ...account });
    if (end.isNew === true) use.kept.add(1, account);
  }

  #measureOperation(end: OperationEnd): void {
    const { operation, durationMs, reason, warnings = [], photos = [] } = end;
    const account = this.#accountOf(end);
    const outcome = closedValue.operationOutcome(end.outcome);
    const use = this.#use;
    if (!use) return;
    if (operation === 'keep') return this.#measureKeep(use, end);
    use.operation.record(durationMs / 1_000, { operation, outcome, ...account });
    if (operation === 'refresh') {
      const refreshed = outcome === 'OK' ? 'OK' : 'FAILED';
      use.refreshes.add(1, { reason: closedValue.refreshReason(reason), outcome: refreshed, ...account });
    }
    for (const code of warnings) use.warnings.add(1, { code: closedValue.warningCode(code), ...account });
    for (const { kind, bytes } of photos) use.photo.record(bytes, { kind: closedValue.photoKind(kind), ...account });
  }

  #serverOf(origin: string): Attributes {
    let server = this.#servers.get(origin);
    if (!server) {
      const { hostname, port, protocol } = new URL(origin);
      server = { 'server.address': hostname, 'server.port': Number(port) || (protocol === 'https:' ? 443 : 80) };
      this.#servers.set(origin, server);
    }
    return server;
  }

  #accountOf({ account }: Pick<ActiveAccount, 'account'>, attribute = 'account'): Attributes {
    const value = this.options.account ?? account;
    return value === undefined ? {} : { [attribute]: value };
  }

  /** Asked for each time: the API leads to whatever the application has registered by then. */
  get #tracer() {
    return (this.options.tracerProvider ?? trace).getTracer(SCOPE);
  }

  /**
   * The instruments of the provider that is registered now, undefined for none: unlike tracers, meters do not learn of a
   * provider that comes later.
   */
  get #use(): Instruments | undefined {
    const provider = this.options.meterProvider ?? metrics.getMeterProvider();
    if (provider !== this.#provider) {
      this.#provider = provider;
      const meter = provider.getMeter(SCOPE);
      const isNone = meter === createNoopMeter();
      this.#instruments = isNone
        ? undefined
        : createInstruments(meter, {
            age: (observe) => this.#observeAges(observe),
            valid: (observe) => this.#observeValidity(observe),
            waiting: (observe) => this.#observeBacklogs(({ waiting }) => waiting, observe),
            unkept: (observe) => this.#observeBacklogs(({ oldestWaitingMs }) => oldestWaitingMs / 1_000, observe),
          });
      if (this.#instruments) {
        for (const account of this.#accounts) startAtZero(this.#instruments, this.#accountOf(account));
        for (const archive of this.#archives) startArchiveAtZero(this.#instruments, this.#accountOf(archive));
      }
    }
    return this.#instruments;
  }

  /** Accounts that share a value of the attribute show the oldest ticket. */
  #observeAges(observe: Observe): void {
    const oldest = new Map<string | undefined, number>();
    for (const { account, ticketAgeMs } of this.#accounts) {
      const ageMs = ticketAgeMs();
      const value = this.options.account ?? account;
      if (ageMs !== undefined) oldest.set(value, Math.max(oldest.get(value) ?? 0, ageMs));
    }
    for (const [account, ageMs] of oldest) observe(ageMs / 1_000, this.#accountOf({ account }));
  }

  /**
   * That there is no age cannot be seen everywhere: the SDK for JavaScript goes on exporting the last value of a gauge that is
   * no longer observed.
   */
  #observeValidity(observe: Observe): void {
    const without = new Set<string | undefined>();
    for (const { account, ticketAgeMs } of this.#accounts) {
      if (ticketAgeMs() === undefined) without.add(this.options.account ?? account);
    }
    for (const account of this.#names) observe(without.has(account) ? 0 : 1, this.#accountOf({ account }));
  }

  /** 0 before it is known, so that the series is there. */
  #observeBacklogs(valueOf: (backlog: ArchiveBacklog) => number, observe: Observe): void {
    const most = new Map<string | undefined, number>();
    for (const { account, backlog } of this.#archives) {
      const found = backlog();
      const name = this.options.account ?? account;
      most.set(name, Math.max(most.get(name) ?? 0, found ? valueOf(found) : 0));
    }
    for (const [account, value] of most) observe(value, this.#accountOf({ account }));
  }
}

type Observe = (value: number, attributes: Attributes) => void;

interface Instruments {
  readonly operation: Histogram;
  readonly exchange: Histogram;
  readonly photo: Histogram;
  readonly refreshes: Counter;
  readonly rejections: Counter;
  readonly events: Counter;
  readonly warnings: Counter;
  readonly keep: Histogram;
  readonly kept: Counter;
  readonly lost: Counter;
  readonly rounds: Counter;
}

/** Those of HTTP in the semantic conventions, and what a call may last beyond them. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15, 30];
const BYTES = [16, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192].map((kibibytes) => kibibytes * 1_024);

function createInstruments(
  meter: Meter,
  observed: Readonly<Record<'age' | 'valid' | 'waiting' | 'unkept', (observe: Observe) => void>>,
): Instruments {
  const histogram = (name: string, unit: string, explicitBucketBoundaries: number[], description: string) =>
    meter.createHistogram(`bankcard_ocr.${name}`, { unit, description, advice: { explicitBucketBoundaries } });
  const counter = (name: string, description: string, unit = '{request}') =>
    meter.createCounter(`bankcard_ocr.${name}`, { unit, description });
  const gauge = (name: string, unit: string, values: (observe: Observe) => void, description: string) => {
    meter
      .createObservableGauge(`bankcard_ocr.${name}`, { unit, description })
      .addCallback((result) => values((value, attributes) => result.observe(value, attributes)));
  };
  gauge('ticket.age', 's', observed.age, 'Time since the access token of the SIGN ticket in use was requested.');
  gauge('ticket.valid', '1', observed.valid, '1 if every account has valid credentials, 0 if one of them has none.');
  gauge('archive.waiting', '{order}', observed.waiting, 'Orders of the queue that the archive does not have yet.');
  gauge(
    'archive.unkept.age',
    's',
    observed.unkept,
    'Age of the oldest order of the queue that the archive does not have.',
  );
  return {
    operation: histogram(
      'operation.duration',
      's',
      SECONDS,
      'Duration of one call of the application, or one refresh.',
    ),
    exchange: histogram('exchange.duration', 's', SECONDS, 'Duration of one request to Tencent and its response.'),
    photo: histogram('photo.size', 'By', BYTES, 'Size of photos of cards.'),
    refreshes: counter('refreshes', 'Refreshes of access token and SIGN ticket.'),
    rejections: counter('rejections', 'Credentials that Tencent has rejected.'),
    events: counter(
      'credential.events',
      'Faults of store and credentials that cost a refresh or may do so.',
      '{event}',
    ),
    warnings: counter('warnings', 'Results of cards with this warning.'),
    keep: histogram('archive.keep.duration', 's', SECONDS, 'Duration of one call of keep().'),
    kept: counter('archive.kept', 'Orders that this process has kept.', '{order}'),
    lost: counter('archive.lost', 'Orders that were not kept and never will be.', '{order}'),
    rounds: counter('archive.rounds', 'Comparisons of the archive with the expected orders.', '{round}'),
  };
}

function startAtZero({ refreshes, rejections, events }: Instruments, account: Attributes): void {
  for (const values of RARE.refreshes) refreshes.add(0, { ...values, ...account });
  for (const values of RARE.rejections) rejections.add(0, { ...values, ...account });
  for (const values of RARE.events) events.add(0, { ...values, ...account });
}

function startArchiveAtZero({ kept, lost, rounds }: Instruments, account: Attributes): void {
  kept.add(0, account);
  for (const values of RARE_OF_ARCHIVE.lost) lost.add(0, { ...values, ...account });
  for (const values of RARE_OF_ARCHIVE.rounds) rounds.add(0, { ...values, ...account });
}

function linksToActiveSpan() {
  const active = trace.getActiveSpan();
  // A timer may still have the context of a call that is long over.
  return active?.isRecording() ? [{ context: active.spanContext() }] : [];
}

/** Neither a message nor an event: what Tencent writes can be any text. */
function endSpan(span: Span, { outcome, vendorCode }: Pick<OperationEnd, 'outcome' | 'vendorCode'>): void {
  if (vendorCode !== undefined) span.setAttribute('bankcard_ocr.vendor_code', closedValue.vendorCode(vendorCode));
  if (outcome !== 'OK') span.setAttribute('error.type', outcome === 'OTHER' ? OTHER : outcome);
  if (outcome !== 'OK' && outcome !== 'ABORTED') span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
