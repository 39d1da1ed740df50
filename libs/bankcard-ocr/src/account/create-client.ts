import type { Credentials } from '../credentials/credentials.js';
import { BankCardOcrHealth } from '../credentials/bankcard-ocr-health.js';
import { RecordSeal } from '../credentials/ticket-record.codec.js';
import { secretFingerprint } from '../credentials/ticket-record.js';
import { TicketStore } from '../credentials/store/ticket-store.js';
import { TicketService } from '../credentials/ticket.service.js';
import { timingsFor } from '../credentials/timings.js';
import { maskAppId } from '../errors/redaction.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RecognitionService } from '../recognition/recognition.service.js';
import { OcrResultService } from '../results/ocr-result.service.js';
import { Clock } from '../runtime/clock.js';
import { SYSTEM_RUNTIME } from '../runtime/random.js';
import { SdkLaunchService } from '../sdk/sdk-launch.service.js';
import { OrderReferences } from '../signature/order-references.js';
import { SignatureService } from '../signature/signature.service.js';
import { SignedRequestService } from '../signed-request/signed-request.service.js';
import { isUneventful, logExchange, type LogSink, logTicketEvent } from '../telemetry/log.js';
import { Telemetry } from '../telemetry/instrumentation.js';
import { AuthClient } from '../vendor/auth.client.js';
import { hintForHost } from '../vendor/hosts.js';
import type { ExchangeListener } from '../vendor/http/vendor-http-client.js';
import { Transport } from '../vendor/http/transport.js';
import { RecognitionClient } from '../vendor/recognition.client.js';
import { ResultClient } from '../vendor/result.client.js';
import { SignedRequestClient } from '../vendor/signed-request.client.js';
import { createTicketStore, openTicketStore } from './create-ticket-store.js';
import { connectToVendor, createTransport, VendorConnections } from './vendor-connections.js';

export interface ClientContext {
  readonly log: LogSink;
  readonly debugs: () => boolean;
  /** The account of its spans and metrics; undefined for the only one. */
  readonly name?: string;
}

export class AccountContext {
  /** Unless the application overrides it. */
  tickets: TicketService | undefined;
  readonly #closes: (() => unknown)[] = [];
  readonly orderReferences: OrderReferences;

  constructor(
    readonly options: ResolvedOptions,
    readonly surroundings: ClientContext,
  ) {
    this.orderReferences = new OrderReferences(options.secret.reveal());
  }

  onClose(close: () => unknown): void {
    this.#closes.push(close);
  }

  /** What was made last ends first. */
  async close(): Promise<void> {
    for (let close = this.#closes.pop(); close; close = this.#closes.pop()) await close();
  }
}

const SHARED_WITH = { process: 'this process only', machine: 'all processes of this machine', fleet: 'all instances' };

/** What a client has, and a registration of the module exports. */
export const BANKCARD_OCR_SERVICES = [
  SignatureService,
  TicketService,
  OcrResultService,
  RecognitionService,
  SdkLaunchService,
  SignedRequestService,
  BankCardOcrHealth,
] as const;

/** The services of one account (app id), with a ticket store and connections that no other account uses. */
export class BankCardOcrClient {
  /** @internal made by `createClient` */
  constructor(
    private readonly context: AccountContext,
    private readonly store: TicketStore,
    private readonly telemetry: Telemetry,
    readonly signatures: SignatureService,
    readonly tickets: TicketService,
    readonly results: OcrResultService,
    readonly recognition: RecognitionService,
    readonly sdk: SdkLaunchService,
    readonly signedRequests: SignedRequestService,
    readonly health: BankCardOcrHealth,
  ) {}

  /** @internal */
  start(): void {
    const { options, surroundings } = this.context;
    const { appId, baseUrl, storeEncryptionKey, transport, warningPolicy } = options;
    const { description, scope } = this.store;
    surroundings.log.log(
      `app id ${maskAppId(appId)}, host ${baseUrl.host}, credentials in ${description} ` +
        `(shared with ${SHARED_WITH[scope]}), ${storeEncryptionKey ? 'encrypted' : 'not encrypted'}, ` +
        `transport ${transport}, ${options.route.en}, ` +
        `warning policy ${typeof warningPolicy === 'function' ? 'of the application' : warningPolicy}`,
    );
    const hint = hintForHost(baseUrl.host);
    if (hint !== undefined) surroundings.log.log(hint);
    for (const { en } of options.warnings) surroundings.log.warn(en);
    this.context.tickets?.start();
  }

  /** @internal for the entry `/ops` */
  get forOperators() {
    return { options: this.context.options, store: this.store, telemetry: this.telemetry };
  }

  /** @internal */
  async close(): Promise<void> {
    await this.context.close();
  }
}

export type Token<T = unknown> = abstract new (...args: never[]) => T;

interface AccountPart {
  readonly provide: Token;
  readonly needs: readonly Token[];
  /** What it makes on the way is ended when it fails. */
  readonly create: (context: AccountContext, ...needed: never[]) => Promise<unknown>;
}

type Needed<Needs extends readonly Token[]> = {
  -readonly [I in keyof Needs]: Needs[I] extends Token<infer Part> ? Part : never;
};

function part<T, const Needs extends readonly Token[]>(
  provide: Token<T>,
  needs: Needs,
  create: (context: AccountContext, ...needed: Needed<Needs>) => T | Promise<T>,
): AccountPart {
  return {
    provide,
    needs,
    create: async (context, ...needed) => {
      try {
        return await create(context, ...(needed as unknown as Needed<Needs>));
      } catch (error) {
        await context.close();
        throw error;
      }
    },
  };
}

/** Adapt the override of a `TicketService`, which need only have `getCredentials()`, to what the other services use. */
function completeTickets(given: Pick<TicketService, 'getCredentials'>): TicketService {
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

/** What every call to Tencent needs; made once for all services. */
class CallContext {
  readonly call;

  constructor(
    { options, orderReferences }: AccountContext,
    clock: Clock,
    tickets: TicketService,
    signatures: SignatureService,
    readonly connections: VendorConnections,
    telemetry: Telemetry,
  ) {
    const parts = { clock, tickets: completeTickets(tickets), signatures, telemetry, orderReferences };
    this.call = { ...options, limits: options, ...parts };
  }
}

/** What an account is made of, each after what it needs: providers for Nest's container, or made in order. */
export const ACCOUNT_PARTS: readonly AccountPart[] = [
  part(Clock, [], ({ options }) => options.clock),
  part(Telemetry, [Clock], ({ options, surroundings }, clock) => {
    return new Telemetry(clock, surroundings.name, options.telemetry, (error) => {
      const name = error instanceof Error ? error.name : typeof error;
      surroundings.log.warn(`a subscriber of the option telemetry has failed (${name}); calls go on without it`);
    });
  }),
  part(TicketStore, [Clock], async (context, clock) => {
    const { options } = context;
    const store = await createTicketStore({ ...options, clock });
    // The application closes a store that it passed.
    if (store !== options.ticketStore) context.onClose(() => store.close());
    return store;
  }),
  part(Transport, [Clock], ({ options }, clock) => createTransport(options.baseUrl, { ...options, clock })),
  part(VendorConnections, [Clock, Transport, Telemetry], async (context, clock, transport, telemetry) => {
    const { options, surroundings, orderReferences } = context;
    const onExchange: ExchangeListener = (describe) => {
      const end = telemetry.attempt(describe);
      return (outcome, describeEnd) => {
        const isLogged = !isUneventful(outcome) || surroundings.debugs();
        // A description costs every query.
        if (!isLogged && !end) return;
        const record = describeEnd();
        if (isLogged) logExchange(surroundings.log, record);
        end?.(record);
      };
    };
    const connections = await connectToVendor({ ...options, clock }, onExchange, transport, orderReferences);
    context.onClose(() => connections.close());
    return connections;
  }),
  part(SignatureService, [], () => new SignatureService()),
  part(
    TicketService,
    [Clock, TicketStore, VendorConnections, Telemetry],
    async (context, clock, store, connections, telemetry) => {
      const { options, surroundings } = context;
      const { appId, secret, role, storeEncryptionKey } = options;
      store.onWarning ??= (warning) => surroundings.log.warn(warning);
      await openTicketStore(store, role === 'reader' ? 'read' : 'write');
      const tickets = new TicketService({
        ...options,
        store,
        auth: createAuthClient(options, connections),
        clock,
        storeClock: SYSTEM_RUNTIME.clock,
        random: SYSTEM_RUNTIME.random,
        seal: storeEncryptionKey && new RecordSeal(storeEncryptionKey, appId),
        timings: timingsFor(options.refreshIntervalMs, options.ticketOverlapMs),
        secretFingerprint: secretFingerprint(appId, secret.reveal()),
        observeRefresh: (reason, refresh) => telemetry.operation('refresh', refresh, { reason }),
      });
      tickets.events$.subscribe((event) => {
        logTicketEvent(surroundings.log, event);
        telemetry.event(event);
      });
      context.onClose(telemetry.open(() => tickets.status().ageMs));
      context.tickets = tickets;
      context.onClose(() => tickets.close());
      return tickets;
    },
  ),
  part(
    CallContext,
    [Clock, TicketService, SignatureService, VendorConnections, Telemetry],
    (...parts) => new CallContext(...parts),
  ),
  part(OcrResultService, [CallContext], (_context, { call, connections }) => {
    const { appId, protocolVersion: version, appIdFields, paths, clock } = call;
    const endpoint = { path: paths.queryResult, appIdField: appIdFields.queryResult, appId, version };
    return new OcrResultService({ ...call, results: new ResultClient(connections.main, clock, endpoint) });
  }),
  part(RecognitionService, [CallContext, OcrResultService], (_context, { call, connections }, results) => {
    const endpoint = { path: call.paths.recognize, appIdField: call.appIdFields.recognize };
    const client = new RecognitionClient(connections.recognition, call.clock, endpoint);
    return new RecognitionService({ ...call, results, client });
  }),
  part(SdkLaunchService, [CallContext], ({ options }, { call, connections }) => {
    return new SdkLaunchService({ ...call, auth: createAuthClient(options, connections) });
  }),
  part(SignedRequestService, [CallContext], (_context, { call, connections }) => {
    const client = new SignedRequestClient(connections.main, call.baseUrl.prefix);
    return new SignedRequestService({ ...call, client });
  }),
  part(BankCardOcrHealth, [TicketService], (_context, tickets) => new BankCardOcrHealth(tickets)),
  part(
    BankCardOcrClient,
    [TicketStore, Telemetry, ...BANKCARD_OCR_SERVICES],
    (context, ...parts) => new BankCardOcrClient(context, ...parts),
  ),
];

function createAuthClient(options: ResolvedOptions, { main }: VendorConnections): AuthClient {
  return new AuthClient(main, { ...options, version: options.protocolVersion, timeoutMs: options.attemptTimeoutMs });
}

/** Make the services of one account without Nest's container. @throws {@link BankCardOcrConfigurationError} */
export async function createClient(options: ResolvedOptions, surroundings: ClientContext): Promise<BankCardOcrClient> {
  const context = new AccountContext(options, surroundings);
  const made = new Map<Token, unknown>();
  for (const { provide, needs, create } of ACCOUNT_PARTS) {
    made.set(provide, await create(context, ...(needs.map((token) => made.get(token)) as never[])));
  }
  return made.get(BankCardOcrClient) as BankCardOcrClient;
}
