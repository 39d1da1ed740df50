import type { LogLevel } from '@nestjs/common';
import { type Environment, variable } from './variables.js';

/** Where the server listens and what it logs. */
export interface ServerSettings {
  /** TCP port, 0 for any free one (`PORT`). @default 3000 */
  readonly port: number;
  /** Address to listen on (`HOST`). @default '0.0.0.0' */
  readonly host: string;
  /** The named level and all that are worse (`LOG_LEVEL`). @default 'log' */
  readonly logger: LogLevel[];
}

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
  const port = variable(env, 'PORT') ?? '';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) faults.push('PORT: must be 0 (any free port) to 65535');
  const named = variable(env, 'LOG_LEVEL');
  const level = LOG_LEVELS.findIndex((known) => known === named);
  if (level < 0) faults.push(`LOG_LEVEL: must be one of ${LOG_LEVELS.join(', ')}`);
  const logger: LogLevel[] = ['fatal', ...LOG_LEVELS.slice(0, level + 1)];
  return { settings: { port: Number(port), host: variable(env, 'HOST') ?? '', logger }, faults };
}
