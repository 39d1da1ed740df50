import type { Provider, Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { BANKCARD_OCR_OPTIONS, Registration } from './bankcard-ocr.module-definition.js';
import type { BankCardOcrService } from './bankcard-ocr.tokens.js';
import { BankCardOcrClient } from '../account/bank-card-ocr-client.js';
import { createClient } from '../account/create-client.js';
import { nestLog } from './nest-logger.js';
import { TicketService } from '../credentials/ticket.service.js';
import { OcrResultService } from '../results/ocr-result.service.js';
import { RecognitionService } from '../recognition/recognition.service.js';
import type { BankCardOcrOptions } from '../options/bankcard-ocr.options.js';
import { resolveAccount } from '../options/resolve-options.js';
import { registerAccount } from '../account/account-registry.js';
import { StartupCheck } from './startup-check.js';
import { SdkLaunchService } from '../sdk/sdk-launch.service.js';
import { SignatureService } from '../signature/signature.service.js';
import { TicketMetrics } from '../telemetry/ticket-metrics.js';

/** What the module provides; the services themselves know nothing of Nest. */
export const BANKCARD_OCR_PROVIDERS: Provider[] = [
  StartupCheck,
  {
    provide: BankCardOcrClient,
    inject: [BANKCARD_OCR_OPTIONS, Registration, ModulesContainer],
    useFactory: async (options: BankCardOcrOptions, { name }: Registration, application: ModulesContainer) => {
      const resolved = resolveAccount(options, name);
      registerAccount(application, { ...resolved, registration: { name } });
      return createClient(resolved, { ...nestLog(name), name });
    },
  },
  ofClient(SignatureService, (client) => client.signatures),
  ofClient(TicketService, (client) => client.tickets),
  ofClient(TicketMetrics, (client) => client.metrics),
  ofClient(OcrResultService, (client) => client.results),
  ofClient(RecognitionService, (client) => client.recognition),
  ofClient(SdkLaunchService, (client) => client.sdk),
];

function ofClient<Service extends BankCardOcrService>(
  provide: Type<Service>,
  take: (client: BankCardOcrClient) => Service,
): Provider {
  return { provide, inject: [BankCardOcrClient], useFactory: take };
}
