import { type Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { TLS } from './agents.js';
import { type ConnectingAgent, connectTimeout } from './connect-timeout.js';
import type { ConnectionOptions } from './connection-options.js';
import { proxyAuthorization } from './proxy.js';

/** The `code` of the error for a proxy that opens no tunnel begins like this and ends in the HTTP status. */
export const PROXY_ANSWERED = 'PROXY_ANSWERED_';

interface Destination {
  readonly host?: string;
  readonly port?: number | string;
}

/**
 * Make an agent reach its destinations through a tunnel (CONNECT): to the proxy the requests are opaque. Connections are
 * kept as any others; axios's own tunnels are not, and cost a handshake with proxy and vendor for every query.
 */
export function connectThrough(
  proxy: URL,
  agent: Agent,
  isSecure: boolean,
  limits: Pick<ConnectionOptions, 'connectTimeoutMs' | 'ca'>,
): void {
  const connecting = agent as unknown as ConnectingAgent;
  const connect = connecting.createConnection.bind(agent);
  connecting.createConnection = (options, done) => {
    openTunnel(proxy, options, limits, (error, tunnel) => {
      if (error || !tunnel) done(error);
      else done(null, isSecure ? connect({ ...options, socket: tunnel }, done) : tunnel);
    });
    return undefined;
  };
}

function openTunnel(
  proxy: URL,
  { host = 'localhost', port = 80 }: Destination,
  { connectTimeoutMs, ca }: Pick<ConnectionOptions, 'connectTimeoutMs' | 'ca'>,
  done: (error: Error | null, tunnel?: Duplex) => void,
): void {
  const authority = `${host}:${port}`;
  const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
    ...{ ...TLS, ca, agent: false, method: 'CONNECT', path: authority },
    hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port,
    headers: { host: authority, ...proxyAuthorization(proxy) },
  });
  const timer = setTimeout(() => request.destroy(connectTimeout()), connectTimeoutMs);
  const settle = (error: Error | null, tunnel?: Duplex): void => {
    clearTimeout(timer);
    done(error, tunnel);
  };
  const refused = (status: number | undefined): Error =>
    Object.assign(new Error('the proxy opens no tunnel'), { code: `${PROXY_ANSWERED}${status}` });
  request.once('error', settle);
  request.once('response', (response) => {
    response.destroy();
    settle(refused(response.statusCode));
  });
  request.once('connect', ({ statusCode }, tunnel) => {
    if (statusCode === 200) return settle(null, tunnel);
    tunnel.destroy();
    return settle(refused(statusCode));
  });
  request.end();
}
