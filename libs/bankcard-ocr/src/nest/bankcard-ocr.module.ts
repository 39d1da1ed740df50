import { Inject, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { BankCardOcrClient } from '../account/create-client.js';
import { ConfigurableModuleClass } from './bankcard-ocr.module-definition.js';
import { StartupCheck } from './startup-check.js';

/** Tencent Cloud / WeBank bank-card OCR: register it once for each app id, with a `name` when there are several. */
// What else it provides and exports depends on the name of the registration: the module definition says it.
@Module({ providers: [StartupCheck] })
export class BankCardOcrModule
  extends ConfigurableModuleClass
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  constructor(@Inject(BankCardOcrClient) private readonly client: BankCardOcrClient) {
    super();
  }

  /** The first refresh begins here; startup neither waits for Tencent nor fails because of it. */
  onApplicationBootstrap(): void {
    this.client.start();
  }

  /** The server has drained by now: no request needs credentials or connections any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }
}
