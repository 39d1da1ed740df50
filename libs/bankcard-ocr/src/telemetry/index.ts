export { openTelemetry, type OpenTelemetryOptions } from './open-telemetry.js';
export type { TelemetrySubscriber } from './instrumentation.js';
