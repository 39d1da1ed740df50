import { type DynamicModule, Module } from '@nestjs/common';
import type { Place } from '../server/listen.js';
import { Metrics } from './metrics.js';

/** Metrics for everybody who has some. */
@Module({})
export class MetricsModule {
  /** @param place where they are served; undefined for no metrics */
  static at(place: Place | undefined): DynamicModule {
    return {
      module: MetricsModule,
      global: true,
      providers: [{ provide: Metrics, useFactory: () => new Metrics(place) }],
      exports: [Metrics],
    };
  }
}
