import { Inject, type Logger, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigurableModuleClass } from './bankcard-ocr.module-definition.js';
import { BANKCARD_OCR_LOGGER, BANKCARD_OCR_PROVIDERS, RESOLVED_OPTIONS } from './bankcard-ocr.providers.js';
import { VendorConnections } from './connect-to-vendor.js';
import { TicketStore } from './credentials/store/ticket-store.js';
import { TicketService } from './credentials/ticket.service.js';
import { maskAppId } from './errors/redaction.js';
import { OcrResultService } from './ocr/ocr-result.service.js';
import { RecognitionService } from './ocr/recognition.service.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import { SdkLaunchService } from './sdk/sdk-launch.service.js';
import { SignatureService } from './signature/signature.service.js';
import { TicketMetrics } from './telemetry/ticket-metrics.js';

const SHARED_WITH = {
  process: 'this process only',
  machine: 'all processes of this machine',
  fleet: 'all instances',
} as const;

/**
 * Tencent Cloud / WeBank bank-card OCR for a Nest application: {@link SignatureService}, {@link TicketService},
 * {@link OcrResultService}, {@link RecognitionService} and {@link SdkLaunchService}. Register it once for each app id, with `forRoot()` or
 * `forRootAsync()`.
 */
@Module({
  providers: BANKCARD_OCR_PROVIDERS,
  exports: [SignatureService, TicketService, TicketMetrics, OcrResultService, RecognitionService, SdkLaunchService],
})
export class BankCardOcrModule
  extends ConfigurableModuleClass
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(BANKCARD_OCR_LOGGER) private readonly log: Logger,
    @Inject(TicketStore) private readonly store: TicketStore,
    @Inject(VendorConnections) private readonly connections: VendorConnections,
    @Inject(TicketService) private readonly tickets: TicketService,
  ) {
    super();
  }

  /** The first refresh begins here; the start neither waits for the vendor nor fails because of it. */
  onApplicationBootstrap(): void {
    const { appId, baseUrl, warnings } = this.options;
    this.log.log(
      `app id ${maskAppId(appId)}, host ${baseUrl.host}, credentials in ${this.store.description} ` +
        `(shared with ${SHARED_WITH[this.store.scope]})`,
    );
    for (const warning of warnings) this.log.warn(warning);
    this.tickets.start();
  }

  /** The server has drained by now: no request needs credentials or connections any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.tickets.close();
    await this.connections.close();
    // A store that the application handed in is the application's to close.
    if (this.store !== this.options.ticketStore) await this.store.close();
  }
}
