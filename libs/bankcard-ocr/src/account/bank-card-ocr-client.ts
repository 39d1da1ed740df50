import type { VendorConnections } from './vendor-connections.js';
import type { TicketStore } from '../credentials/store/ticket-store.js';
import type { TicketService } from '../credentials/ticket.service.js';
import { maskAppId } from '../errors/redaction.js';
import type { OcrResultService } from '../results/ocr-result.service.js';
import type { RecognitionService } from '../recognition/recognition.service.js';
import type { ResolvedOptions, RouteToVendor } from '../options/resolve-options.js';
import type { SdkLaunchService } from '../sdk/sdk-launch.service.js';
import type { SignatureService } from '../signature/signature.service.js';
import type { LogSink } from '../telemetry/log.js';
import type { TicketMetrics } from '../telemetry/ticket-metrics.js';

const SHARED_WITH = {
  process: 'this process only',
  machine: 'all processes of this machine',
  fleet: 'all instances',
} as const;

/** What a client stands on, and what it is made of. */
interface ClientParts {
  readonly options: ResolvedOptions;
  readonly log: LogSink;
  readonly store: TicketStore;
  readonly connections: VendorConnections;
  readonly tickets: TicketService;
  readonly metrics: TicketMetrics;
  readonly signatures: SignatureService;
  readonly results: OcrResultService;
  readonly recognition: RecognitionService;
  readonly sdk: SdkLaunchService;
}

/** Whoever reads the log must see which way the traffic goes; user name and password of a proxy are not in it. */
function describeWay({ proxy, variable, isOfHttpService }: RouteToVendor): string {
  if (isOfHttpService) return 'agents and proxy of the httpService';
  if (proxy === undefined) return 'no proxy';
  return variable === undefined ? `proxy ${proxy}` : `proxy ${proxy} (${variable})`;
}

/** The services of one account (app id), with a ticket store and connections that nobody else has. */
export class BankCardOcrClient {
  readonly tickets: TicketService;
  readonly metrics: TicketMetrics;
  readonly signatures: SignatureService;
  readonly results: OcrResultService;
  readonly recognition: RecognitionService;
  readonly sdk: SdkLaunchService;
  readonly #parts: ClientParts;

  /** @internal made by `createClient` */
  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.tickets = parts.tickets;
    this.metrics = parts.metrics;
    this.signatures = parts.signatures;
    this.results = parts.results;
    this.recognition = parts.recognition;
    this.sdk = parts.sdk;
  }

  /** Begin to refresh in the background; neither waits for the vendor nor fails because of it. @internal */
  start(): void {
    const { options, log, store } = this.#parts;
    const { appId, baseUrl, storeEncryptionKey, transport, warningPolicy } = options;
    log.log(
      `app id ${maskAppId(appId)}, host ${baseUrl.host}, credentials in ${store.description} ` +
        `(shared with ${SHARED_WITH[store.scope]}), ${storeEncryptionKey ? 'encrypted' : 'not encrypted'}, ` +
        `transport ${transport}, ${describeWay(options.route)}, ` +
        `warning policy ${typeof warningPolicy === 'function' ? 'of the application' : warningPolicy}`,
    );
    for (const { en } of options.warnings) log.warn(en);
    this.tickets.start();
  }

  /** End timers and connections; whatever is under way fails. @internal */
  async close(): Promise<void> {
    const { options, store, connections, tickets } = this.#parts;
    await tickets.close();
    await connections.close();
    // A store that the application handed in is the application's to close.
    if (store !== options.ticketStore) await store.close();
  }
}
