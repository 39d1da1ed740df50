import { request as httpRequest } from 'node:http';
import { isIP, isIPv6, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Clock } from '../../runtime/clock.js';
import type { SecretText } from '../../runtime/secret-text.js';
import { peerCertificateSha256 } from './provenance.js';
import { proxyAuthorization, proxyFor, withoutBrackets } from './proxy.js';
import { type Connected, type Lookup, TcpConnection } from './tcp-connection.js';
import {
  CLOSED_CODE,
  CONNECT_TIMEOUT_CODE,
  connectionError,
  neverSent,
  PROXY_ANSWERED,
  PROXY_UNREACHABLE_CODE,
} from './transport-error.js';

/** How connections to one origin are made, whatever transport makes them. */
export interface ConnectionOptions {
  /** e.g. `https://idasc.webank.com` */
  readonly origin: string;
  /** The origin is this machine: no proxy of the environment stands in between. */
  readonly loopback: boolean;
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
  /** Connections are kept no longer than this; by default as long as there is traffic. */
  readonly maxConnectionAgeMs?: number;
  /** What their age is measured with; that of the machine by default. */
  readonly clock?: Clock;
  /** Finds the addresses of hosts and proxies; `dns.lookup` by default. */
  readonly lookup?: Lookup;
  /** The URL of a proxy, or `none`; undefined leaves it to the environment. */
  readonly proxy?: SecretText;
  /** PEM, instead of the certificates that Node trusts. */
  readonly ca?: string | Buffer | (string | Buffer)[];
}

/** What is demanded of every TLS connection, whatever the environment allows. */
const TLS = { minVersion: 'TLSv1.2', rejectUnauthorized: true } as const;

/** Where a connection leads to. */
export interface Destination {
  /** Without the brackets of IPv6. */
  readonly hostname: string;
  readonly port: number;
  readonly secure: boolean;
}

/** Makes the connections of every transport: directly or through a proxy, with TLS or without. */
export class Connector {
  readonly #proxy: URL | undefined;
  readonly #underWay = new Set<Connecting>();
  /** Spares the next connection half of its handshake. */
  #session: { readonly ticket: Buffer; readonly peer: string | undefined } | undefined;

  constructor(private readonly options: ConnectionOptions) {
    this.#proxy = proxyFor(options);
  }

  connect(destination: Destination, done: Connected): void {
    const connecting = new Connecting(this.options.connectTimeoutMs, (error, socket) => {
      this.#underWay.delete(connecting);
      done(error, socket);
    });
    this.#underWay.add(connecting);
    const onward: Connected = (error, socket) => {
      if (error || !socket || !destination.secure) connecting.settle(error, socket);
      else connecting.finishWith(this.#secure(destination, socket));
    };
    const { hostname, port } = destination;
    const { lookup } = this.options;
    connecting.enter(
      this.#proxy
        ? openTunnel(this.#proxy, destination, this.options, onward)
        : new TcpConnection({ hostname, lookup }, port, onward),
    );
  }

  /** Give up whatever is not ready yet. */
  close(): void {
    for (const connecting of this.#underWay) connecting.end(connectionError(CLOSED_CODE, 'closed while connecting'));
  }

  #secure({ hostname: host, port }: Destination, connection: Socket): TLSSocket {
    const resumed = this.#session;
    const socket = connectTls({
      ...TLS,
      ca: this.options.ca,
      ALPNProtocols: ['http/1.1'],
      session: resumed?.ticket,
      host,
      port,
      servername: isIP(host) ? '' : host,
      socket: connection,
    });
    socket.setNoDelay(true).setKeepAlive(true);
    // Node tells of it once the certificate is verified, and never of a session with somebody else.
    socket.on('session', (ticket: Buffer) => {
      this.#session = { ticket, peer: peerCertificateSha256(socket, resumed?.peer) };
    });
    socket.once('secureConnect', () => void peerCertificateSha256(socket, resumed?.peer));
    return socket;
  }
}

/**
 * Ask a proxy for a tunnel (CONNECT): what goes through it is opaque to the proxy.
 *
 * @returns what gives up
 */
function openTunnel(
  proxy: URL,
  { hostname, port }: Destination,
  { ca, lookup }: ConnectionOptions,
  done: Connected,
): { destroy(error?: Error): void } {
  const authority = isIPv6(hostname) ? `[${hostname}]:${port}` : `${hostname}:${port}`;
  const proxyHost = withoutBrackets(proxy.hostname);
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
  request.on('error', (error) => done(connectionError(PROXY_UNREACHABLE_CODE, 'the proxy cannot be reached', error)));
  request.once('connect', ({ statusCode = 0 }, tunnel, head) => {
    if (statusCode >= 200 && statusCode < 300) {
      if (head.length > 0) tunnel.unshift(head);
      return done(null, tunnel);
    }
    tunnel.destroy();
    return done(connectionError(PROXY_ANSWERED + statusCode, 'the proxy opens no tunnel'));
  });
  request.end();
  return {
    destroy: (error) => {
      connection?.destroy();
      request.destroy(error);
    },
  };
}

/** One connection that is being made: one time limit for all of its stages, proxy and TLS included. */
class Connecting {
  #stage: { destroy(error?: Error): unknown } | undefined;
  #over = false;
  readonly #timer: NodeJS.Timeout;

  constructor(
    timeoutMs: number,
    private readonly done: Connected,
  ) {
    const late = () => this.end(connectionError(CONNECT_TIMEOUT_CODE, 'connecting took too long'));
    this.#timer = setTimeout(late, timeoutMs);
  }

  /** What is waited for from now on; an error that it is destroyed with comes out of it. */
  enter(stage: { destroy(error?: Error): unknown }): void {
    this.#stage = stage;
  }

  /** The last stage: wait for the handshake. */
  finishWith(socket: TLSSocket): void {
    const onError = (error: Error) => this.settle(error);
    const onClose = () => this.settle(connectionError(CLOSED_CODE, 'closed while connecting'));
    socket.once('secureConnect', () => {
      // After a failure they stay: somebody has to hear what a socket says late.
      socket.off('error', onError).off('close', onClose);
      this.settle(null, socket);
    });
    this.enter(socket.on('error', onError).on('close', onClose));
  }

  /** Give up. */
  end(error: Error): void {
    if (this.#over) return;
    this.#stage?.destroy(neverSent(error));
    this.settle(error);
  }

  settle(error: Error | null, socket?: Socket): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.done(error && neverSent(error), socket);
  }
}
