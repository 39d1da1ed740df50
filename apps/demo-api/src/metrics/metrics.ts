import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import type { OnApplicationShutdown } from '@nestjs/common';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { TelemetrySubscriber } from 'nestjs-bankcard-ocr/telemetry';
import { openTelemetry } from 'nestjs-bankcard-ocr/telemetry';
import type { Place } from '../server/listen.js';
import { HttpMetrics } from './http-metrics.js';
import { measureProcess } from './process-metrics.js';

const PATH = '/metrics';

/**
 * The metrics of the library, of the HTTP server and of the process, for a Prometheus that fetches them from a port of
 * their own: who may read them is a question of the network, not of API keys. Without a place there are none.
 */
export class Metrics implements OnApplicationShutdown {
  /** Takes what the library publishes. */
  readonly telemetry: TelemetrySubscriber | undefined;
  readonly http: HttpMetrics | undefined;
  readonly #endpoint: Endpoint | undefined;
  readonly #stopMeasuring: (() => void) | undefined;

  constructor(readonly place: Place | undefined) {
    if (!place) return;
    this.#endpoint = new Endpoint(place);
    const { meterProvider } = this.#endpoint;
    const meter = meterProvider.getMeter('demo-api');
    this.telemetry = openTelemetry({ meterProvider });
    this.http = new HttpMetrics(meter);
    this.#stopMeasuring = measureProcess(meter);
  }

  /** The address of the metrics; undefined while there is none. */
  get url(): string | undefined {
    return this.#endpoint?.url;
  }

  async listen(): Promise<void> {
    await this.#endpoint?.listen();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopMeasuring?.();
    await this.#endpoint?.close();
  }
}

/** The exporter has a server of its own, which takes the port 0 for its default one and responds to every method. */
class Endpoint {
  readonly meterProvider: MeterProvider;
  readonly #exporter = new PrometheusExporter({
    preventServerStart: true,
    // One application, two meters, names that do not collide: labels that never differ.
    withoutScopeInfo: true,
    withoutTargetInfo: true,
  });
  readonly #server: Server = createServer((request, response) => this.#respond(request, response));

  constructor(private readonly place: Place) {
    this.meterProvider = new MeterProvider({ readers: [this.#exporter] });
  }

  get url(): string | undefined {
    const bound = this.#server.address() as AddressInfo | null;
    return bound
      ? `http://${isIPv6(bound.address) ? `[${bound.address}]` : bound.address}:${bound.port}${PATH}`
      : undefined;
  }

  async listen(): Promise<void> {
    await once(this.#server.listen(this.place), 'listening');
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    // A Prometheus that keeps its connection would hold up the end.
    this.#server.closeAllConnections();
    await closed;
    await this.meterProvider.shutdown();
  }

  #respond(request: IncomingMessage, response: ServerResponse): void {
    if (request.url?.split('?')[0] !== PATH) response.writeHead(404).end();
    else if (request.method !== 'GET') response.writeHead(405, { allow: 'GET' }).end();
    else this.#exporter.getMetricsRequestHandler(request, response);
  }
}
