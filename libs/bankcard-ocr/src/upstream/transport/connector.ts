import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { CLOSED_CODE, connectionFault } from './connection-fault.js';
import type { ConnectionOptions } from './connection-options.js';
import { type Connected, Connecting } from './connecting.js';
import { proxyFor } from './proxy.js';
import { openTunnel } from './proxy-tunnel.js';
import { TcpConnection } from './tcp-connection.js';
import { TLS } from './tls.js';

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
  #session: Buffer | undefined;

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
      else connecting.finishWith(this.#secure(destination, socket), 'secureConnect');
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
    for (const connecting of this.#underWay) connecting.end(connectionFault(CLOSED_CODE, 'closed while connecting'));
  }

  #secure({ hostname: host, port }: Destination, connection: Socket): TLSSocket {
    const socket = connectTls({
      ...TLS,
      ca: this.options.ca,
      ALPNProtocols: ['http/1.1'],
      session: this.#session,
      host,
      port,
      servername: isIP(host) ? '' : host,
      socket: connection,
    });
    socket.setNoDelay(true).setKeepAlive(true);
    // Node tells of it once the certificate is verified, and never of a session with somebody else.
    socket.on('session', (session: Buffer) => (this.#session = session));
    return socket;
  }
}
