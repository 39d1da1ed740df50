import { request as httpRequest } from 'node:http';
import { isIP, isIPv6, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Connected } from './connecting.js';
import { connectionFault, PROXY_ANSWERED, PROXY_UNREACHABLE_CODE } from './connection-fault.js';
import type { ConnectionOptions } from './connection-options.js';
import { proxyAuthorization } from './proxy.js';
import { TcpConnection } from './tcp-connection.js';
import { TLS } from './tls.js';

/**
 * Ask a proxy for a tunnel (CONNECT): what goes through it is opaque to the proxy.
 *
 * @returns what gives up
 */
export function openTunnel(
  proxy: URL,
  { hostname, port }: { readonly hostname: string; readonly port: number },
  { ca, lookup }: Pick<ConnectionOptions, 'ca' | 'lookup'>,
  done: (error: Error | null, tunnel?: Socket) => void,
): { destroy(error?: Error): void } {
  const authority = isIPv6(hostname) ? `[${hostname}]:${port}` : `${hostname}:${port}`;
  const proxyHost = proxy.hostname.replace(/^\[|\]$/g, '');
  const isSecure = proxy.protocol === 'https:';
  const secure = (socket: Socket): Socket => {
    const servername = isIP(proxyHost) ? '' : proxyHost;
    return isSecure ? connectTls({ ...TLS, ca, host: proxyHost, servername, socket }) : socket;
  };
  let connection: TcpConnection | undefined;
  const createConnection = (_options: unknown, created: Connected): undefined => {
    const proxyPort = Number(proxy.port) || (isSecure ? 443 : 80);
    connection = new TcpConnection({ hostname: proxyHost, lookup }, proxyPort, (error, socket) => {
      created(error, socket && secure(socket));
    });
  };
  const request = httpRequest({
    createConnection: createConnection as never,
    method: 'CONNECT',
    path: authority,
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
  return {
    destroy: (error) => {
      connection?.destroy();
      request.destroy(error);
    },
  };
}
