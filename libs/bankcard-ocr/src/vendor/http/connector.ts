import type { lookup } from 'node:dns';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, isIP, isIPv6, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { systemCodeOf } from '../../errors/redaction.js';
import type { Clock } from '../../runtime/clock.js';
import type { SecretText } from '../../runtime/secret-text.js';
import { peerCertificateSha256 } from './provenance.js';
import { proxyAuthorization, proxyFor, withoutBrackets } from './proxy.js';
import { closedError, CONNECT_TIMEOUT_CODE, ConnectionError, MISCONFIGURED, neverSent } from './transport-error.js';

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
  readonly #underWay = new Set<AbortController>();
  /** Spares the next connection half of its handshake. */
  #session: { readonly ticket: Buffer; readonly peer: string | undefined } | undefined;

  constructor(private readonly options: ConnectionOptions) {
    this.#proxy = proxyFor(options);
  }

  /** One time limit for all stages, proxy and TLS included. */
  connect(destination: Destination, done: Connected): void {
    const ending = new AbortController();
    const late = () => new ConnectionError(CONNECT_TIMEOUT_CODE, 'connecting took longer than connectTimeoutMs');
    const timer = setTimeout(() => ending.abort(late()), this.options.connectTimeoutMs);
    const settle: Connected = (error, socket) => {
      clearTimeout(timer);
      this.#underWay.delete(ending);
      done(error && neverSent(error), socket);
    };
    this.#underWay.add(ending);
    this.#open(destination, ending.signal).then((socket) => settle(null, socket), settle);
  }

  close(): void {
    for (const ending of this.#underWay) ending.abort(closedError());
  }

  async #open(to: Destination, signal: AbortSignal): Promise<Socket> {
    let socket: Socket;
    if (this.#proxy) socket = await openTunnel(this.#proxy, to, this.options, signal);
    else {
      socket = connect(tcpTo(to.hostname, to.port, this.options));
      await reached(socket, 'connect', signal);
    }
    if (!to.secure) return socket;
    const secured = this.#secure(to, socket);
    await reached(secured, 'secureConnect', signal);
    return secured;
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
      servername: serverNameOf(host),
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

/** RFC 6066, section 3: no address, and no dot at the end, which keeps resolvers from trying the domains of a cluster. */
function serverNameOf(host: string): string {
  return isIP(host) ? '' : host.replace(/\.$/, '');
}

/** Of several addresses each has a third of the time before the next: Node's 250 ms would give up a distant one. */
function tcpTo(host: string, port: number, { lookup, connectTimeoutMs }: ConnectionOptions) {
  const autoSelectFamilyAttemptTimeout = Math.ceil(connectTimeoutMs / 3);
  return { host, port, lookup, noDelay: true, keepAlive: true, autoSelectFamily: true, autoSelectFamilyAttemptTimeout };
}

/** One stage of a connection; it is destroyed when it fails or is ended. @throws what it fails with, or the reason */
async function reached(stage: Socket | ClientRequest, event: string, signal: AbortSignal): Promise<unknown[]> {
  try {
    return await once(stage, event, { signal });
  } catch (error) {
    // Somebody has to hear what a socket says late.
    stage.on('error', () => undefined).destroy();
    throw signal.aborted ? signal.reason : error;
  }
}

const HINTS: Readonly<Record<number, string>> = {
  403: ': it does not let connections to this host through',
  407: ': it wants a user name and a password, or other ones (proxy)',
};

/** CONNECT: what goes through it is opaque to the proxy. */
async function openTunnel(
  proxy: URL,
  to: Destination,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const authority = isIPv6(to.hostname) ? `[${to.hostname}]:${to.port}` : `${to.hostname}:${to.port}`;
  const host = withoutBrackets(proxy.hostname);
  const isSecure = proxy.protocol === 'https:';
  const request = (isSecure ? httpsRequest : httpRequest)({
    ...tcpTo(host, Number(proxy.port) || (isSecure ? 443 : 80), options),
    ...TLS,
    ca: options.ca,
    servername: serverNameOf(host),
    agent: false,
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
  });
  const answer = await reached(request.end(), 'connect', signal).catch((error: Error) => {
    if (signal.aborted) throw error;
    const reason = `the proxy cannot be reached: ${systemCodeOf(error) ?? 'no response'}`;
    throw new ConnectionError('BANKCARD_OCR_PROXY_UNREACHABLE', reason, error);
  });
  const [{ statusCode = 0 }, tunnel, head] = answer as [IncomingMessage, Socket, Buffer];
  if (statusCode < 200 || statusCode >= 300) {
    tunnel.destroy();
    const reason = `the proxy responded with HTTP ${statusCode}${HINTS[statusCode] ?? ''}`;
    // It may say something else next time.
    const isPassing = statusCode >= 500 || statusCode === 408 || statusCode === 429;
    throw new ConnectionError(`PROXY_ANSWERED_${statusCode}`, reason, undefined, isPassing ? {} : MISCONFIGURED);
  }
  if (head.length > 0) tunnel.unshift(head);
  return tunnel;
}
