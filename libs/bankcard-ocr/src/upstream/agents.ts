import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { limitConnectTime } from './connect-timeout.js';
import type { ConnectionOptions } from './connection-options.js';
import { connectThrough } from './proxy-tunnel.js';

/** An idle connection is dropped before servers and load balancers commonly forget it. */
export const IDLE_CONNECTION_MS = 30_000;

/** What is demanded of every TLS connection. */
export const TLS = { minVersion: 'TLSv1.2', rejectUnauthorized: true } as const;

/** Agents of Node's own client. */
export interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/** Make agents that reach the origin directly or through a proxy. */
export function createAgents(
  { connectTimeoutMs, ca }: ConnectionOptions,
  options: AgentOptions,
  proxy: URL | undefined,
): Agents {
  const httpAgent = limitConnectTime(new HttpAgent(options), 'connect', connectTimeoutMs);
  const httpsAgent = limitConnectTime(new HttpsAgent({ ...options, ...TLS, ca }), 'secureConnect', connectTimeoutMs);
  if (proxy) {
    connectThrough(proxy, httpAgent, false, { connectTimeoutMs, ca });
    connectThrough(proxy, httpsAgent, true, { connectTimeoutMs, ca });
  }
  return { httpAgent, httpsAgent };
}
