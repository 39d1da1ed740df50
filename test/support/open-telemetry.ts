import { context, metrics, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';

type Point = DataPoint<number | Histogram>;

/** The SDK of OpenTelemetry, registered as an application registers it, exporting to memory. */
export class MemoryTelemetry implements AsyncDisposable {
  readonly #spans = new InMemorySpanExporter();
  readonly #metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly #tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.#spans)] });
  readonly #meterProvider = new MeterProvider({
    // It exports when it is told to: the timer is for whoever waits for longer than a test.
    readers: [new PeriodicExportingMetricReader({ exporter: this.#metrics, exportIntervalMillis: 2 ** 31 - 1 })],
  });

  constructor() {
    this.#tracerProvider.register();
    metrics.setGlobalMeterProvider(this.#meterProvider);
  }

  /** The spans that have ended, oldest first. */
  get spans(): readonly ReadableSpan[] {
    return this.#spans.getFinishedSpans();
  }

  reset(): void {
    this.#spans.reset();
  }

  /** All metrics as they are now. */
  async metrics(): Promise<readonly MetricData[]> {
    this.#metrics.reset();
    await this.#meterProvider.forceFlush();
    return this.#metrics.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  }

  /** The values of one metric, with their attributes: numbers of counters and gauges, counts of histograms. */
  async points(name: string): Promise<(Record<string, unknown> & { value: number })[]> {
    const found = (await this.metrics()).filter(({ descriptor }) => descriptor.name === name);
    return found.flatMap(({ dataPoints }) =>
      (dataPoints as Point[]).map(({ attributes, value }) => {
        return { ...attributes, value: typeof value === 'number' ? value : value.count };
      }),
    );
  }

  /** Everything that an exporter would send, as text. */
  async exported(): Promise<string> {
    const spans = this.spans.map(({ name, kind, attributes, events, status, links, resource }) => {
      return { name, kind, attributes, events, status, links, resource: resource.attributes };
    });
    const measured = (await this.metrics()).map(({ descriptor, dataPoints }) => ({ descriptor, dataPoints }));
    return JSON.stringify({ spans, measured });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    trace.disable();
    context.disable();
    metrics.disable();
    await this.#tracerProvider.shutdown();
    await this.#meterProvider.shutdown();
  }
}
