/**
 * Every variable that the demo reads, with its default; `undefined` for none. The table of docs/demo.md has the same, which a
 * test compares. What the library reads is in docs/configuration.md.
 */
export const VARIABLES = {
  PORT: '3000',
  HOST: '0.0.0.0',
  LOG_LEVEL: 'log',
  DEMO_METRICS_PORT: undefined,
  DEMO_METRICS_HOST: '127.0.0.1',
  DEMO_SHUTDOWN_DELAY_MS: '5000',
  DEMO_API_KEYS: undefined,
  DEMO_AUDIT_FILE: undefined,
  DEMO_AUDIT_KEY: undefined,
  DEMO_REDIS_URL: undefined,
  DEMO_RATE_LIMIT: '600',
  DEMO_AUTH_FAILURE_LIMIT: '30',
  DEMO_TRUST_PROXY: undefined,
  DEMO_UNKNOWN_ORDERS: 'serve',
  DEMO_DOCS: 'off',
  DEMO_ARCHIVE_DIRECTORY: undefined,
  DEMO_ARCHIVE_KEYS_DIRECTORY: undefined,
  DEMO_ARCHIVE_WRAPPING_KEYS: undefined,
} as const satisfies Readonly<Record<string, string | undefined>>;

/** The environment, as a process has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable or its default; empty counts as not set. */
export function variable(env: Environment, name: keyof typeof VARIABLES): string | undefined {
  return env[name]?.trim() || VARIABLES[name];
}
