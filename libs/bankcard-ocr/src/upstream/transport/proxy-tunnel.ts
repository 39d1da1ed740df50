import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, isIPv6, type Socket } from 'node:net';
import { connectionFault, PROXY_ANSWERED, PROXY_UNREACHABLE_CODE } from './connection-fault.js';
import type { ConnectionOptions } from './connection-options.js';
import { proxyAuthorization } from './proxy.js';
import { TLS } from './tls.js';

/** Ask a proxy for a tunnel (CONNECT): what goes through it is opaque to the proxy. */
export function openTunnel(
  proxy: URL,
  { hostname, port }: { readonly hostname: string; readonly port: number },
  { ca }: Pick<ConnectionOptions, 'ca'>,
  done: (error: Error | null, tunnel?: Socket) => void,
): ClientRequest {
  const authority = isIPv6(hostname) ? `[${hostname}]:${port}` : `${hostname}:${port}`;
  const proxyHost = proxy.hostname.replace(/^\[|\]$/g, '');
  const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
    ...TLS,
    ca,
    // Node would take the name that the proxy's certificate must have from the header `host`.
    servername: isIP(proxyHost) ? '' : proxyHost,
    agent: false,
    method: 'CONNECT',
    path: authority,
    hostname: proxyHost,
    port: proxy.port,
    headers: { host: authority, ...proxyAuthorization(proxy) },
  });
  request.on('error', (error) => done(connectionFault(PROXY_UNREACHABLE_CODE, 'the proxy cannot be reached', error)));
  request.once('connect', ({ statusCode = 0 }, tunnel, head) => {
    if (statusCode >= 200 && statusCode < 300) {
      if (head.length > 0) tunnel.unshift(head);
      return done(null, tunnel);
    }
    tunnel.destroy();
    return done(connectionFault(PROXY_ANSWERED + statusCode, 'the proxy opens no tunnel'));
  });
  request.end();
  return request;
}
