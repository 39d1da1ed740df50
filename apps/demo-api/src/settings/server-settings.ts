import type { LogLevel } from '@nestjs/common';
import type { Place } from '../server/listen.js';
import { type Environment, variable } from './variables.js';

/** Where the server listens and what it logs. */
export interface ServerSettings {
  /** TCP port, 0 for any free one (`PORT`). @default 3000 */
  readonly port: number;
  /** Address to listen on (`HOST`). @default '0.0.0.0' */
  readonly host: string;
  /** The named level and all that are worse (`LOG_LEVEL`). @default 'log' */
  readonly logger: LogLevel[];
  /**
   * Where Prometheus fetches metrics (`DEMO_METRICS_PORT`, 0 for any free port, and `DEMO_METRICS_HOST`).
   * @default none, and `'127.0.0.1'`
   */
  readonly metrics: Place | undefined;
  /**
   * How long it goes on serving after a signal, not ready any more: load balancers notice it (`DEMO_SHUTDOWN_DELAY_MS`).
   * @default 5000
   */
  readonly shutdownDelayMs: number;
}

const LONGEST_DELAY_MS = 600_000;

/** From worst to least. */
const LOG_LEVELS = ['error', 'warn', 'log', 'debug', 'verbose'] as const satisfies readonly LogLevel[];

/**
 * Read the server's settings; empty variables count as not set.
 *
 * @returns settings with defaults for invalid values, and a sentence for each of these
 */
export function readServerSettings(env: Environment): {
  settings: ServerSettings;
  faults: string[];
} {
  const faults: string[] = [];
  const portOf = (name: 'PORT' | 'DEMO_METRICS_PORT'): number | undefined => {
    const port = variable(env, name);
    if (port === undefined) return undefined;
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) faults.push(`${name}: must be 0 (any free port) to 65535`);
    return Number(port);
  };
  const port = portOf('PORT') ?? 0;
  const metricsPort = portOf('DEMO_METRICS_PORT');
  const named = variable(env, 'LOG_LEVEL');
  const level = LOG_LEVELS.findIndex((known) => known === named);
  if (level < 0) faults.push(`LOG_LEVEL: must be one of ${LOG_LEVELS.join(', ')}`);
  const logger: LogLevel[] = ['fatal', ...LOG_LEVELS.slice(0, level + 1)];
  const host = variable(env, 'HOST') ?? '';
  const metricsHost = variable(env, 'DEMO_METRICS_HOST') ?? '';
  const metrics = metricsPort === undefined ? undefined : { port: metricsPort, host: metricsHost };
  const delay = variable(env, 'DEMO_SHUTDOWN_DELAY_MS') ?? '';
  if (!/^\d{1,6}$/.test(delay) || Number(delay) > LONGEST_DELAY_MS) {
    faults.push(`DEMO_SHUTDOWN_DELAY_MS: must be a number of milliseconds, 0 to ${LONGEST_DELAY_MS}`);
  }
  const settings = { port, host, logger, metrics, shutdownDelayMs: Number(delay) };
  return { settings, faults };
}
