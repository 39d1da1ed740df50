import type { lookup } from 'node:dns';
import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, isIP, isIPv6, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Clock } from '../../runtime/clock.js';
import type { SecretText } from '../../runtime/secret-text.js';
import { peerCertificateSha256 } from './provenance.js';
import { proxyAuthorization, proxyFor, withoutBrackets } from './proxy.js';
import {
  CLOSED_CODE,
  CONNECT_TIMEOUT_CODE,
  connectionError,
  neverSent,
  PROXY_ANSWERED,
  PROXY_UNREACHABLE_CODE,
} from './transport-error.js';

/** Is called once: with a connection that can be used, or with why there is none. */
export type Connected = (error: Error | null, socket?: Socket) => void;

/** How connections to one origin are made, whatever transport makes them. */
export interface ConnectionOptions {
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
  readonly lookup?: typeof lookup;
  /** The URL of a proxy, or `none`; undefined leaves it to the environment. */
  readonly proxy?: SecretText;
  /** PEM, instead of the certificates that Node trusts. */
  readonly ca?: string | Buffer | (string | Buffer)[];
}

/** What is demanded of every TLS connection, whatever the environment allows. */
const TLS = { minVersion: 'TLSv1.2', rejectUnauthorized: true } as const;

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
    connecting.enter(
      this.#proxy
        ? openTunnel(this.#proxy, destination, this.options, onward)
        : connectTcp(hostname, port, this.options, onward),
    );
  }

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

/** Of several addresses each has a third of the time before the next: Node's 250 ms would give up a distant one. */
function tcpTo(host: string, port: number, { lookup, connectTimeoutMs }: ConnectionOptions) {
  const autoSelectFamilyAttemptTimeout = Math.ceil(connectTimeoutMs / 3);
  return { host, port, lookup, noDelay: true, keepAlive: true, autoSelectFamily: true, autoSelectFamilyAttemptTimeout };
}

function connectTcp(host: string, port: number, options: ConnectionOptions, done: Connected): Socket {
  const socket = connect(tcpTo(host, port, options)).on('error', done);
  return socket.once('connect', () => done(null, socket.off('error', done)));
}

/** CONNECT: what goes through it is opaque to the proxy. */
function openTunnel(proxy: URL, to: Destination, options: ConnectionOptions, done: Connected): ClientRequest {
  const authority = isIPv6(to.hostname) ? `[${to.hostname}]:${to.port}` : `${to.hostname}:${to.port}`;
  const host = withoutBrackets(proxy.hostname);
  const isSecure = proxy.protocol === 'https:';
  const request = (isSecure ? httpsRequest : httpRequest)({
    ...tcpTo(host, Number(proxy.port) || (isSecure ? 443 : 80), options),
    ...TLS,
    ca: options.ca,
    servername: isIP(host) ? '' : host,
    agent: false,
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
  });
  request.on('error', (error) => done(connectionError(PROXY_UNREACHABLE_CODE, 'the proxy cannot be reached', error)));
  request.once('connect', ({ statusCode = 0 }, tunnel: Socket, head) => {
    if (statusCode >= 200 && statusCode < 300) {
      if (head.length > 0) tunnel.unshift(head);
      return done(null, tunnel);
    }
    tunnel.destroy();
    return done(connectionError(PROXY_ANSWERED + statusCode, 'the proxy opens no tunnel'));
  });
  return request.end();
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
