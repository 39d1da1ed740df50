import { type DynamicModule, Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { SHUTDOWN_DELAY_MS, ShutdownNotice } from './shutdown-notice.js';

/** Liveness and readiness of the demo. */
@Module({ controllers: [HealthController], providers: [ShutdownNotice], exports: [ShutdownNotice] })
export class HealthModule {
  static with(shutdownDelayMs: number): DynamicModule {
    return { module: HealthModule, providers: [{ provide: SHUTDOWN_DELAY_MS, useValue: shutdownDelayMs }] };
  }
}
