import { AsyncResource } from 'node:async_hooks';
import type { ClientRequest } from 'node:http';

interface TracingContext {
  setValue(key: symbol, value: unknown): TracingContext;
  deleteValue(key: symbol): TracingContext;
}

interface TracingContextManager {
  active(): TracingContext;
  with<T>(context: TracingContext, run: () => T): T;
}

/** Where every copy of `@opentelemetry/api` 1.x keeps what the application has registered. */
const API = Symbol.for('opentelemetry.js.api.1');
/** What `suppressTracing()` of `@opentelemetry/core` sets: tracers then record nothing, propagators send nothing. */
const SUPPRESSED = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
/** The application's own span and baggage, for propagators that ignore the key above. */
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');
const BAGGAGE = Symbol.for('OpenTelemetry Baggage Key');

/**
 * Run something that no tracing may see: URLs and Redis commands hold secrets, and `traceparent` would go to Tencent.
 * Whatever begins in `run` stays untraced; callbacks of the caller go through {@link inCallersContext}.
 */
export function untraced<T>(run: () => T): T {
  const manager = contextManager();
  if (!manager) return run();
  const context = manager.active().deleteValue(SPAN).deleteValue(BAGGAGE).setValue(SUPPRESSED, true);
  return manager.with(context, run);
}

/**
 * Remove the query of a request that has been written. Subscribers of diagnostic channels read the path when the response
 * comes, and not all of them heed what {@link untraced} sets: Sentry's breadcrumbs do only under Sentry's own set-up of
 * OpenTelemetry.
 */
export function hideQuery(request: { path: string }): void {
  const end = request.path.indexOf('?');
  if (end !== -1) request.path = request.path.slice(0, end);
}

/**
 * Remove the headers that others have added, and let none follow: some tracers do that although the request is untraced, and as
 * late as Node makes the head of it (Sentry 10).
 */
export function keepHeaders(request: ClientRequest, own: readonly string[]): void {
  const kept = new Set(['host', ...own.map((name) => name.toLowerCase())]);
  for (const name of request.getHeaderNames()) if (!kept.has(name)) request.removeHeader(name);
  request.setHeader = () => request;
}

/** Have a callback of the application, e.g. a sink, stay in the trace of its caller within what is {@link untraced}. */
export function inCallersContext<Arguments extends unknown[], Result>(
  callback: (...args: Arguments) => Result,
): (...args: Arguments) => Result {
  return contextManager() ? AsyncResource.bind(callback) : callback;
}

export function isTracing(): boolean {
  return contextManager() !== undefined;
}

/** Looked for at each call: an application may register its tracing after this library was loaded. */
function contextManager(): TracingContextManager | undefined {
  const api = (globalThis as { [API]?: { readonly context?: TracingContextManager } })[API];
  return api?.context;
}
