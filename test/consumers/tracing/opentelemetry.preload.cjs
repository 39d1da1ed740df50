'use strict';
// An application's usual set-up of OpenTelemetry, before anything else is loaded; globalThis.exported() tells what was exported.
const { metrics, propagation } = require('@opentelemetry/api');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { IORedisInstrumentation } = require('@opentelemetry/instrumentation-ioredis');
const { NetInstrumentation } = require('@opentelemetry/instrumentation-net');
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici');
const {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} = require('@opentelemetry/sdk-metrics');
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');
const { inspect } = require('node:util');

const exporter = new InMemorySpanExporter();
const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: measured })] });
metrics.setGlobalMeterProvider(meters);
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
registerInstrumentations({
  instrumentations: [
    new HttpInstrumentation(),
    new UndiciInstrumentation(),
    new IORedisInstrumentation(),
    new NetInstrumentation(),
  ],
});

/** Baggage that the application gives to everything it calls. */
globalThis.baggage = (context) =>
  propagation.setBaggage(context, propagation.createBaggage({ customer: { value: 'baggage-of-the-application' } }));
globalThis.exported = async () => {
  const spans = exporter.getFinishedSpans();
  await meters.forceFlush();
  const scopes = measured.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
  const points = scopes.flatMap((scope) =>
    scope.metrics.map(({ descriptor, dataPoints }) => ({ descriptor, dataPoints })),
  );
  return {
    names: [...spans, ...points.map(({ descriptor }) => descriptor)].map(({ name }) => name),
    // Spans lead to everything: what is compared is what an exporter would send.
    text: inspect(
      [
        ...points,
        ...spans.map(({ name, attributes, events, status, links, resource }) => {
          return { name, attributes, events, status, links, resource: resource.attributes };
        }),
      ],
      { depth: 8, maxArrayLength: null, maxStringLength: null },
    ),
  };
};
