import { createHmac } from 'node:crypto';
import { Logger, type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { BANKCARD_OCR_OPTIONS } from './bankcard-ocr.module-definition.js';
import { connectToVendor, VendorConnections } from './connect-to-vendor.js';
import { createTicketStore } from './create-ticket-store.js';
import { RecordSeal } from './credentials/record-seal.js';
import { openTicketStore } from './credentials/store/open-ticket-store.js';
import { TicketStore } from './credentials/store/ticket-store.js';
import { TicketService } from './credentials/ticket.service.js';
import { timingsFor } from './credentials/timings.js';
import { OcrResultService } from './ocr/ocr-result.service.js';
import type { BankCardOcrOptions } from './options/bankcard-ocr.options.js';
import { type ResolvedOptions, resolveOptions } from './options/resolve-options.js';
import { registerAppId } from './registrations.js';
import { createOrderNo } from './ocr/create-order-no.js';
import { RecognitionService } from './ocr/recognition.service.js';
import { SdkLaunchService } from './sdk/sdk-launch.service.js';
import { SignatureService } from './signature/signature.service.js';
import { logExchange } from './telemetry/exchange-log.js';
import { logTicketEvent } from './telemetry/ticket-log.js';
import { TicketMetrics } from './telemetry/ticket-metrics.js';
import { AuthClient } from './upstream/auth.client.js';
import { RecognitionClient } from './upstream/recognition.client.js';
import { ResultClient } from './upstream/result.client.js';

/** The checked options. */
export const RESOLVED_OPTIONS = Symbol.for('nestjs-bankcard-ocr/resolved-options');
/** The logger that all lines of this library go to. */
export const BANKCARD_OCR_LOGGER = Symbol.for('nestjs-bankcard-ocr/logger');

/** How the services are wired; the services themselves know nothing of Nest. */
export const BANKCARD_OCR_PROVIDERS: Provider[] = [
  { provide: BANKCARD_OCR_LOGGER, useFactory: () => new Logger('BankCardOcr') },
  {
    provide: RESOLVED_OPTIONS,
    inject: [BANKCARD_OCR_OPTIONS, ModulesContainer],
    useFactory: (options: BankCardOcrOptions, application: ModulesContainer) => {
      const resolved = resolveOptions(options);
      registerAppId(application, resolved.appId);
      return resolved;
    },
  },
  {
    provide: TicketStore,
    inject: [RESOLVED_OPTIONS, BANKCARD_OCR_LOGGER],
    useFactory: async (options: ResolvedOptions, log: Logger) => {
      const store = await createTicketStore(options, (where) => {
        log.warn(`the stored credentials were damaged and set aside as ${where}`);
      });
      return openTicketStore(store, options.role === 'reader' ? 'read' : 'write', store !== options.ticketStore);
    },
  },
  {
    provide: VendorConnections,
    inject: [RESOLVED_OPTIONS, BANKCARD_OCR_LOGGER],
    useFactory: (options: ResolvedOptions, log: Logger) => {
      return connectToVendor(options, (record) => logExchange(log, record, Logger.isLevelEnabled('debug')));
    },
  },
  {
    provide: AuthClient,
    inject: [RESOLVED_OPTIONS, VendorConnections],
    useFactory: (options: ResolvedOptions, { main }: VendorConnections) => {
      const { appId, secret, appIdParameter, version, paths, attemptTimeoutMs } = options;
      const { prefix } = options.baseUrl;
      return new AuthClient(main, {
        appId,
        secret,
        appIdParameter,
        version,
        paths: { accessToken: prefix + paths.accessToken, apiTicket: prefix + paths.apiTicket },
        timeoutMs: attemptTimeoutMs,
      });
    },
  },
  {
    provide: TicketService,
    inject: [RESOLVED_OPTIONS, TicketStore, AuthClient, TicketMetrics, BANKCARD_OCR_LOGGER],
    useFactory: (
      options: ResolvedOptions,
      store: TicketStore,
      auth: AuthClient,
      metrics: TicketMetrics,
      log: Logger,
    ) => {
      const { appId, secret, clock, backgroundRefresh, role, onStoreLoss, verifyWindowMs, storeKey } = options;
      const tickets = new TicketService({
        store,
        auth,
        clock,
        backgroundRefresh,
        role,
        onStoreLoss,
        verifyWindowMs,
        seal: storeKey && new RecordSeal(storeKey, appId),
        timings: timingsFor(options.refreshIntervalMs, options.ticketOverlapMs),
        secretFingerprint: fingerprint(appId, secret.reveal()),
      });
      tickets.events$.subscribe((event) => {
        logTicketEvent(log, event);
        metrics.note(event);
      });
      return tickets;
    },
  },
  TicketMetrics,
  SignatureService,
  {
    provide: OcrResultService,
    inject: [RESOLVED_OPTIONS, TicketService, SignatureService, VendorConnections],
    useFactory: (
      options: ResolvedOptions,
      tickets: TicketService,
      signatures: SignatureService,
      { main }: VendorConnections,
    ) => {
      const { appId, version, clock, appIdParameter, baseUrl, paths } = options;
      const path = baseUrl.prefix + paths.queryResult;
      const results = new ResultClient(main, clock, { path, appIdParameter, appId, version });
      return new OcrResultService({ ...options, limits: options, tickets, signatures, results });
    },
  },
  {
    provide: RecognitionService,
    inject: [RESOLVED_OPTIONS, TicketService, SignatureService, OcrResultService, VendorConnections],
    useFactory: (
      options: ResolvedOptions,
      tickets: TicketService,
      signatures: SignatureService,
      results: OcrResultService,
      { recognition }: VendorConnections,
    ) => {
      const { clock, recognitionAppIdField: appIdField, recognitionBaseUrl, paths } = options;
      const path = recognitionBaseUrl.prefix + paths.recognize;
      const client = new RecognitionClient(recognition, clock, { path, appIdField });
      return new RecognitionService({
        ...options,
        limits: options,
        tickets,
        signatures,
        results,
        client,
        createOrderNo,
      });
    },
  },
  {
    provide: SdkLaunchService,
    inject: [RESOLVED_OPTIONS, TicketService, SignatureService, AuthClient],
    useFactory: (options: ResolvedOptions, tickets: TicketService, signatures: SignatureService, auth: AuthClient) => {
      const { appId, version, codeRules, clock, ticketOverlapMs } = options;
      const own = { appId, version, codeRules, clock, ticketOverlapMs, limits: options };
      return new SdkLaunchService({ ...own, tickets, signatures, auth });
    },
  },
];

/** Tells that a secret has changed without telling the secret, which is far too long to be guessed from it. */
function fingerprint(appId: string, secret: string): string {
  return createHmac('sha256', secret).update(`nestjs-bankcard-ocr secret of ${appId}`).digest('hex').slice(0, 32);
}
