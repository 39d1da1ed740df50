import { connectToVendor, type VendorConnections } from './vendor-connections.js';
import { createTicketStore, openTicketStore } from './create-ticket-store.js';
import { RecordSeal } from '../credentials/ticket-record.codec.js';
import { secretFingerprint } from '../credentials/secret-fingerprint.js';
import type { TicketStore } from '../credentials/store/ticket-store.js';
import { TicketService } from '../credentials/ticket.service.js';
import { timingsFor } from '../credentials/timings.js';
import { OcrResultService } from '../results/ocr-result.service.js';
import { RecognitionService } from '../recognition/recognition.service.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { SdkLaunchService } from '../sdk/sdk-launch.service.js';
import { SignatureService } from '../signature/signature.service.js';
import { logExchange, type LogSink, logTicketEvent } from '../telemetry/log.js';
import { TicketMetrics } from '../telemetry/ticket-metrics.js';
import { AuthClient } from '../vendor/auth.client.js';
import { RecognitionClient } from '../vendor/recognition.client.js';
import { ResultClient } from '../vendor/result.client.js';
import { BankCardOcrClient } from './bank-card-ocr-client.js';

/** Where a client tells what happens to it. */
export interface ClientContext {
  readonly log: LogSink;
  /** Whether anybody reads lines of the level `debug`. */
  readonly debugs: () => boolean;
  /** A label of its metrics. */
  readonly name?: string;
}

/**
 * Wire the services of one account; nothing is asked of the vendor yet.
 *
 * @throws {@link BankCardOcrConfigurationError} when its ticket store cannot be used
 */
export async function createClient(
  options: ResolvedOptions,
  { log, debugs, name }: ClientContext,
): Promise<BankCardOcrClient> {
  const store = await openStore(options, log);
  const connections = await connectToVendor(options, (record) => logExchange(log, record, debugs()));
  const auth = createAuthClient(options, connections);
  const metrics = new TicketMetrics(name);
  const tickets = createTicketService(options, store, auth);
  tickets.events$.subscribe((event) => {
    logTicketEvent(log, event);
    metrics.note(event);
  });
  const signatures = new SignatureService();
  const { appId, protocolVersion, vendorCodeOverrides, clock, ticketOverlapMs, appIdParameter } = options;
  const path = options.baseUrl.prefix + options.paths.queryResult;
  const results = new OcrResultService({
    ...options,
    limits: options,
    tickets,
    signatures,
    results: new ResultClient(connections.main, clock, { path, appIdParameter, appId, version: protocolVersion }),
  });
  const sdkOptions = { appId, protocolVersion, vendorCodeOverrides, clock, ticketOverlapMs, limits: options };
  return new BankCardOcrClient({
    options,
    log,
    store,
    connections,
    tickets,
    metrics,
    signatures,
    results,
    recognition: new RecognitionService({
      ...options,
      limits: options,
      tickets,
      signatures,
      results,
      client: createRecognitionClient(options, connections),
    }),
    sdk: new SdkLaunchService({ ...sdkOptions, tickets, signatures, auth }),
  });
}

async function openStore(options: ResolvedOptions, log: LogSink): Promise<TicketStore> {
  const store = await createTicketStore(options, (where) => {
    log.warn(`the stored credentials were damaged and set aside as ${where}`);
  });
  store.onWarning ??= (warning) => log.warn(warning);
  return openTicketStore(store, options.role === 'reader' ? 'read' : 'write', store !== options.ticketStore);
}

function createAuthClient(options: ResolvedOptions, { main }: VendorConnections): AuthClient {
  const { appId, secret, appIdParameter, protocolVersion: version, paths, attemptTimeoutMs } = options;
  const { prefix } = options.baseUrl;
  return new AuthClient(main, {
    appId,
    secret,
    appIdParameter,
    version,
    paths: { accessToken: prefix + paths.accessToken, apiTicket: prefix + paths.apiTicket },
    timeoutMs: attemptTimeoutMs,
  });
}

function createTicketService(options: ResolvedOptions, store: TicketStore, auth: AuthClient): TicketService {
  const { appId, secret, clock, backgroundRefresh, role, verifyWindowMs, storeEncryptionKey } = options;
  return new TicketService({
    store,
    auth,
    clock,
    backgroundRefresh,
    role,
    verifyWindowMs,
    seal: storeEncryptionKey && new RecordSeal(storeEncryptionKey, appId),
    timings: timingsFor(options.refreshIntervalMs, options.ticketOverlapMs),
    secretFingerprint: secretFingerprint(appId, secret.reveal()),
  });
}

function createRecognitionClient(options: ResolvedOptions, { recognition }: VendorConnections): RecognitionClient {
  const { clock, recognitionAppIdField: appIdField, recognitionBaseUrl, paths } = options;
  return new RecognitionClient(recognition, clock, { path: recognitionBaseUrl.prefix + paths.recognize, appIdField });
}
