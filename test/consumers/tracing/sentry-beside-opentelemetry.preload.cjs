'use strict';
// An application that has set up OpenTelemetry by itself, and Sentry for its errors: without its own context manager Sentry
// does not see what is suppressed.
require('./opentelemetry.preload.cjs');
const { exported: spansAndMetrics, baggage } = globalThis;
require('./sentry.preload.cjs');
const { exported: events } = globalThis;

globalThis.baggage = baggage;
globalThis.exported = async () => {
  const { names, text } = await spansAndMetrics();
  return { names, text: `${text}\n${(await events()).text}` };
};
