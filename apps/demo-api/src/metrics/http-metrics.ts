import { performance } from 'node:perf_hooks';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Histogram, Meter } from '@opentelemetry/api';

/** As the semantic conventions of OpenTelemetry have them. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** Those that this API serves: any other one is the client's invention. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']);

/**
 * How long requests to this server take, by the pattern of the route: a path contains an order number. The name is that of
 * the semantic conventions; statuses are counted by their class, which keeps the time series few. Instrumentation of
 * @opentelemetry/instrumentation-http has no routes of Fastify.
 */
export class HttpMetrics {
  readonly #duration: Histogram;

  constructor(meter: Meter) {
    this.#duration = meter.createHistogram('http.server.request.duration', {
      unit: 's',
      description: 'Duration of HTTP requests to this server.',
      advice: { explicitBucketBoundaries: SECONDS },
    });
  }

  /** Call it before other hooks are added: the time that they take counts. */
  measure(app: NestFastifyApplication): void {
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onRequest', async ({ raw, routeOptions }, reply) => {
        const beganAt = performance.now();
        const response = reply.raw;
        response.once('close', () => {
          const { method = '' } = raw;
          const { url: route } = routeOptions;
          this.#duration.record((performance.now() - beganAt) / 1_000, {
            'http.request.method': METHODS.has(method) ? method : '_OTHER',
            ...(route !== undefined && { 'http.route': route }),
            'http.response.status_class': response.writableFinished
              ? `${Math.floor(response.statusCode / 100)}xx`
              : 'aborted',
          });
        });
      });
  }
}
