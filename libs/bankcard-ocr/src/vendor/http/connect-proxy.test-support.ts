import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Certificate } from './certificates.test-support.js';

/** What a proxy does with a wish for a tunnel; opens it unless told otherwise. */
export type TunnelAnswer = (socket: Duplex) => void;

/** A real proxy that knows CONNECT and nothing else, and remembers every byte that it could read. */
export class ConnectProxy {
  /** `host:port` of every tunnel that was asked for. */
  readonly asked: string[] = [];
  /** The `proxy-authorization` of each. */
  readonly authorizations: (string | undefined)[] = [];
  /** The heads of all requests, and what came in the clear. */
  seen = '';
  answer: TunnelAnswer | undefined;
  readonly #sockets = new Set<Duplex>();
  readonly #server: Server;

  private constructor(private readonly tls?: Certificate) {
    this.#server = tls ? createSecureServer(tls) : createServer();
    this.#server.on('request', (request, response) => {
      this.#note(request);
      response.writeHead(405).end();
    });
    this.#server.on('connect', (request, socket, head) => this.#tunnel(request, socket, head));
  }

  static async start(tls?: Certificate): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(tls);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** @param credentials e.g. `user:password@` */
  url(credentials = ''): string {
    return `${this.tls ? 'https' : 'http'}://${credentials}127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #note({ method, url, rawHeaders }: IncomingMessage): void {
    this.seen += `${method} ${url}\n${rawHeaders.join('\n')}\n`;
  }

  #tunnel(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#note(request);
    this.asked.push(request.url ?? '');
    this.authorizations.push(request.headers['proxy-authorization']);
    this.#hold(socket);
    if (this.answer) return this.answer(socket);
    const { hostname, port } = new URL(`http://${request.url}`);
    const outgoing: Socket = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      outgoing.write(head);
      outgoing.pipe(socket).pipe(outgoing);
    });
    this.#hold(outgoing);
    outgoing.on('close', () => socket.destroy());
    socket.on('close', () => outgoing.destroy());
    socket.on('data', (bytes: Buffer) => (this.seen += bytes.toString('latin1')));
  }

  #hold(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
  }
}
