import { Inject, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigurableModuleClass } from './bankcard-ocr.module-definition.js';
import { BANKCARD_OCR_PROVIDERS } from './bankcard-ocr.providers.js';
import { BankCardOcrClient } from '../account/bank-card-ocr-client.js';

/**
 * Tencent Cloud / WeBank bank-card OCR for a Nest application: `SignatureService`, `TicketService`, `TicketMetrics`,
 * `OcrResultService`, `RecognitionService` and `SdkLaunchService`. Register it once for each app id, with `forRoot()` or
 * `forRootAsync()`; with a `name` for each when there are several.
 */
@Module({
  // What it exports depends on the name of the registration: the module definition says it.
  providers: BANKCARD_OCR_PROVIDERS,
})
export class BankCardOcrModule
  extends ConfigurableModuleClass
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  constructor(@Inject(BankCardOcrClient) private readonly client: BankCardOcrClient) {
    super();
  }

  /** The first refresh begins here; the start neither waits for the vendor nor fails because of it. */
  onApplicationBootstrap(): void {
    this.client.start();
  }

  /** The server has drained by now: no request needs credentials or connections any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }
}
