import { type DynamicModule, Module, ValidationPipe } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { BankCardOcrModule, type BankCardOcrOptions } from 'nestjs-bankcard-ocr';
import { bankCardOcrConfig } from 'nestjs-bankcard-ocr/config';
import { BankCardOcrErrorInterceptor, CardNumberMaskingInterceptor } from 'nestjs-bankcard-ocr/http';
import { BankCardOcrOpsModule } from 'nestjs-bankcard-ocr/ops';
import { RequireScopes } from './auth/require-scopes.decorator.js';
import { BankCardsModule } from './bank-cards/bank-cards.module.js';
import { ConsoleModule } from './console/console.module.js';
import { HealthModule } from './health/health.module.js';
import { MovableClock } from './sandbox/movable-clock.js';
import { SdkModule } from './sdk/sdk.module.js';
import { SecurityModule } from './security.module.js';
import { HttpErrorFilter } from './server/http-error.filter.js';
import type { SecuritySettings } from './settings/security-settings.js';

/** The demo: one registration of the library, and what an HTTP API binds around it. */
@Module({
  imports: [
    // Variables come from the environment only: a forgotten .env must not send a start on the sandbox to Tencent.
    ConfigModule.forRoot({ ignoreEnvFile: true }),
    BankCardOcrModule.forRootAsync({
      isGlobal: true,
      imports: [ConfigModule.forFeature(bankCardOcrConfig)],
      inject: [bankCardOcrConfig.KEY, { token: MovableClock, optional: true }],
      // On the sandbox, time can be moved.
      useFactory: (options: BankCardOcrOptions, clock?: MovableClock) => ({ ...options, ...(clock && { clock }) }),
    }),
    ConsoleModule,
    BankCardsModule,
    SdkModule,
    HealthModule,
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
   *
   * @param sandbox what stands in for Tencent, if anything does
   */
  static with(settings: SecuritySettings, sandbox?: DynamicModule): DynamicModule {
    return { module: AppModule, imports: [SecurityModule.with(settings), ...(sandbox ? [sandbox] : [])] };
  }
}
