import { type DynamicModule, Module, ValidationPipe } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { BankCardOcrModule, type BankCardOcrOptions } from 'nestjs-bankcard-ocr';
import { bankCardOcrConfig } from 'nestjs-bankcard-ocr/config';
import { BankCardOcrErrorInterceptor, CardNumberMaskingInterceptor } from 'nestjs-bankcard-ocr/http';
import { BankCardOcrOpsModule } from 'nestjs-bankcard-ocr/ops';
import { ArchiveModule } from './archive/archive.module.js';
import { RequireScopes } from './auth/require-scopes.decorator.js';
import { BankCardsModule } from './bank-cards/bank-cards.module.js';
import { ConsoleModule } from './console/console.module.js';
import { HealthModule } from './health/health.module.js';
import { Metrics } from './metrics/metrics.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { MovableClock } from './sandbox/movable-clock.js';
import { SdkModule } from './sdk/sdk.module.js';
import { SecurityModule } from './security.module.js';
import { HttpErrorFilter } from './server/http-error.filter.js';
import type { Place } from './server/listen.js';
import type { ArchiveSettings } from './settings/archive-settings.js';
import type { SecuritySettings } from './settings/security-settings.js';

/** Where the demo runs. */
export interface Surroundings {
  /** How long it goes on serving after a signal. @default 0 */
  readonly shutdownDelayMs?: number;
  /** What stands in for Tencent, if anything does. */
  readonly sandbox?: DynamicModule | undefined;
  /** Where metrics are served; without it there are none. */
  readonly metrics?: Place | undefined;
  /** Where served orders are kept; without it they are not. */
  readonly archive?: ArchiveSettings | undefined;
}

/** The demo: one registration of the library, and what an HTTP API binds around it. */
@Module({
  imports: [
    // Variables come from the environment only: a forgotten .env must not send a start on the sandbox to Tencent.
    ConfigModule.forRoot({ ignoreEnvFile: true }),
    BankCardOcrModule.forRootAsync({
      isGlobal: true,
      imports: [ConfigModule.forFeature(bankCardOcrConfig)],
      inject: [bankCardOcrConfig.KEY, Metrics, { token: MovableClock, optional: true }],
      // On the sandbox, time can be moved.
      useFactory: (options: BankCardOcrOptions, { telemetry }: Metrics, clock?: MovableClock) => ({
        ...options,
        ...(telemetry && { telemetry }),
        ...(clock && { clock }),
      }),
    }),
    ConsoleModule,
    BankCardsModule,
    SdkModule,
    BankCardOcrOpsModule.forRoot({ path: 'ops', decorators: [RequireScopes('ops')] }),
  ],
  providers: [
    // First in, last out: it sees the response as every other interceptor has left it.
    { provide: APP_INTERCEPTOR, useValue: new CardNumberMaskingInterceptor() },
    { provide: APP_INTERCEPTOR, useClass: BankCardOcrErrorInterceptor },
    { provide: APP_FILTER, useClass: HttpErrorFilter },
    { provide: APP_PIPE, useValue: new ValidationPipe({ transform: true, whitelist: true }) },
  ],
})
export class AppModule {
  /**
   * With who may do what.
   */
  static with(
    settings: SecuritySettings,
    { shutdownDelayMs = 0, sandbox, metrics, archive }: Surroundings = {},
  ): DynamicModule {
    const parts = [
      MetricsModule.at(metrics),
      SecurityModule.with(settings),
      HealthModule.with(shutdownDelayMs),
      ArchiveModule.with(archive, settings.auditKey),
      ...(sandbox ? [sandbox] : []),
    ];
    return { module: AppModule, imports: parts };
  }
}
