import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';
import { ApiKeys } from '../auth/api-keys.js';
import { readApiKeys } from '../auth/read-api-keys.js';
import { type Environment, variable } from './variables.js';

/** Who may do what, how often, and where it is written down. */
export interface SecuritySettings {
  /** The keys that are accepted (`DEMO_API_KEYS`). */
  readonly apiKeys: ApiKeys;
  /** The file that says who read a card number or a photo (`DEMO_AUDIT_FILE`). */
  readonly auditFile: string;
  /** The key of the hash of order numbers in that file and in Redis, 32 bytes (`DEMO_AUDIT_KEY`). */
  readonly auditKey: Buffer;
  /** Where several instances count requests and keep the owners of orders (`DEMO_REDIS_URL`); undefined for memory. */
  readonly redisUrl: string | undefined;
  /** Requests of one key in a minute (`DEMO_RATE_LIMIT`). @default 600 */
  readonly requestsPerMinute: number;
  /** Requests without a valid key from one address in a minute (`DEMO_AUTH_FAILURE_LIMIT`). @default 30 */
  readonly authFailuresPerMinute: number;
  /** The proxies whose `X-Forwarded-For` is believed, as addresses or subnets (`DEMO_TRUST_PROXY`). @default none */
  readonly trustedProxies: readonly string[];
  /** Whether orders that this demo has not launched are served to every tenant (`DEMO_UNKNOWN_ORDERS`). @default true */
  readonly servesUnknownOrders: boolean;
  /** Whether the OpenAPI document is served, to everybody (`DEMO_DOCS`). @default false */
  readonly hasDocs: boolean;
}

const AUDIT_KEY = /^[0-9a-f]{64}$/i;
const MOST_REQUESTS = 1_000_000;

/**
 * Read the settings of security; empty variables count as not set.
 *
 * @returns settings with harmless values for invalid ones, and a sentence for each of these that repeats no value
 */
export function readSecuritySettings(env: Environment): { settings: SecuritySettings; faults: string[] } {
  const { apiKeys, faults } = readApiKeys(variable(env, 'DEMO_API_KEYS'));
  // Containers of one service have one environment, and each needs a file of its own.
  const auditFile = (variable(env, 'DEMO_AUDIT_FILE') ?? '').replaceAll('{hostname}', hostname());
  if (auditFile === '')
    faults.push('DEMO_AUDIT_FILE: is missing; name a file in a folder that only this user may write to');
  else if (!path.isAbsolute(auditFile)) faults.push('DEMO_AUDIT_FILE: must be an absolute path');
  const auditKey = variable(env, 'DEMO_AUDIT_KEY') ?? '';
  if (!AUDIT_KEY.test(auditKey)) {
    const fault = auditKey === '' ? 'is missing' : 'must be 64 hexadecimal digits';
    faults.push(`DEMO_AUDIT_KEY: ${fault}; make one with: openssl rand -hex 32`);
  }
  const redisUrl = variable(env, 'DEMO_REDIS_URL');
  if (redisUrl !== undefined && !isRedisUrl(redisUrl))
    faults.push('DEMO_REDIS_URL: must be a URL, redis:// or rediss://');
  const trustedProxies = listOf(variable(env, 'DEMO_TRUST_PROXY'));
  if (!trustedProxies.every(isSubnet)) {
    faults.push('DEMO_TRUST_PROXY: must be addresses or subnets, separated by commas, e.g. 10.0.0.0/8');
  }
  const choice = (name: 'DEMO_UNKNOWN_ORDERS' | 'DEMO_DOCS', yes: string, no: string): boolean => {
    const value = variable(env, name);
    if (value !== yes && value !== no) faults.push(`${name}: must be ${yes} or ${no}`);
    return value === yes;
  };
  const limit = (name: 'DEMO_RATE_LIMIT' | 'DEMO_AUTH_FAILURE_LIMIT'): number => {
    const value = variable(env, name) ?? '';
    const isWhole = /^[1-9]\d{0,6}$/.test(value) && Number(value) <= MOST_REQUESTS;
    if (!isWhole) faults.push(`${name}: must be a whole number of requests a minute, 1 to ${MOST_REQUESTS}`);
    return isWhole ? Number(value) : 1;
  };
  const settings: SecuritySettings = {
    apiKeys,
    auditFile,
    auditKey: Buffer.from(auditKey, 'hex'),
    redisUrl: redisUrl !== undefined && isRedisUrl(redisUrl) ? redisUrl : undefined,
    requestsPerMinute: limit('DEMO_RATE_LIMIT'),
    authFailuresPerMinute: limit('DEMO_AUTH_FAILURE_LIMIT'),
    trustedProxies: trustedProxies.filter(isSubnet),
    servesUnknownOrders: choice('DEMO_UNKNOWN_ORDERS', 'serve', 'refuse'),
    hasDocs: choice('DEMO_DOCS', 'on', 'off'),
  };
  return { settings, faults };
}

/** A key as `DEMO_AUDIT_KEY` may be. */
export function createAuditKey(): string {
  return randomBytes(32).toString('hex');
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function isRedisUrl(text: string): boolean {
  return URL.canParse(text) && ['redis:', 'rediss:'].includes(new URL(text).protocol);
}

/** No `0.0.0.0/0`: with everybody trusted, a client could invent its address. */
function isSubnet(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const most = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (most === 0 || rest.length > 0) return false;
  return bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= most);
}
