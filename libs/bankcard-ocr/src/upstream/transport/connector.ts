import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { CLOSED_CODE, connectionFault } from './connection-fault.js';
import type { ConnectionOptions } from './connection-options.js';
import { type Connected, Connecting } from './connecting.js';
import { proxyFor } from './proxy.js';
import { openTunnel } from './proxy-tunnel.js';
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

  /** @returns the socket, where there is one at once; it is told of again when it is ready */
  connect(destination: Destination, done: Connected): Socket | undefined {
    const connecting = new Connecting(this.options.connectTimeoutMs, (error, socket) => {
      this.#underWay.delete(connecting);
      done(error, socket);
    });
    this.#underWay.add(connecting);
    if (!this.#proxy) return this.#direct(destination, connecting);
    const request = openTunnel(this.#proxy, destination, this.options, (error, tunnel) => {
      if (error || !tunnel || !destination.secure) connecting.settle(error, tunnel);
      else connecting.finishWith(this.#secure(destination, tunnel), 'secureConnect');
    });
    connecting.enter(request);
    return undefined;
  }

  /** Give up whatever is not ready yet. */
  close(): void {
    for (const connecting of this.#underWay) connecting.end(connectionFault(CLOSED_CODE, 'closed while connecting'));
  }

  #direct(destination: Destination, connecting: Connecting): Socket {
    if (destination.secure) return connecting.finishWith(this.#secure(destination), 'secureConnect');
    const { hostname: host, port } = destination;
    return connecting.finishWith(connectTcp({ host, port, noDelay: true, keepAlive: true }), 'connect');
  }

  #secure({ hostname: host, port }: Destination, tunnel?: Socket): TLSSocket {
    const socket = connectTls({
      ...TLS,
      ca: this.options.ca,
      ALPNProtocols: ['http/1.1'],
      session: this.#session,
      host,
      port,
      servername: isIP(host) ? '' : host,
      socket: tunnel,
    });
    socket.setNoDelay(true).setKeepAlive(true);
    // Node tells of it once the certificate is verified, and never of a session with somebody else.
    socket.on('session', (session: Buffer) => (this.#session = session));
    return socket;
  }
}
