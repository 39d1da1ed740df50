import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { CANARY, TRANSPORT_KINDS, TRANSPORTS } from '../odd-vendor.test-support.js';
import { transportError, type TransportError } from './transport-error.js';
import type { ConnectionOptions } from './connector.js';
import type { ResponseListener, Transport, TransportRequest } from './transport.js';

export { CANARY, TRANSPORT_KINDS, TRANSPORTS };

export const OK = '{"code":"0"}';

/** A server of Node's own that a specification writes, and how many connections it has seen. */
export class TestVendor {
  /** Every connection, in order. */
  readonly sockets: Socket[] = [];
  answer: RequestListener = (_request, response) => void response.end(OK);
  readonly server: Server;

  private constructor(private readonly tls?: SecureContextOptions) {
    this.server = tls ? createSecureServer(tls) : createServer();
    this.server.on('request', (request, response) => this.answer(request, response));
    this.server.on('connection', (socket: Socket) => this.sockets.push(socket));
    this.server.on('tlsClientError', () => undefined);
  }

  static async start(tls?: SecureContextOptions): Promise<TestVendor> {
    const vendor = new TestVendor(tls);
    await new Promise<void>((resolve) => vendor.server.listen(0, '127.0.0.1', resolve));
    return vendor;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `${this.tls ? 'https' : 'http'}://localhost:${this.port}`;
  }

  /** The connections that are open now. */
  get open(): number {
    return this.sockets.filter((socket) => !socket.destroyed).length;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Options for a transport to an origin; what is not named is as for this machine, and no limit that a slow one could reach. */
export function optionsFor(origin: string, change: Partial<ConnectionOptions> = {}): ConnectionOptions {
  return { origin, loopback: true, maxConnections: 20, connectTimeoutMs: 60_000, ...change };
}

export const REQUEST: TransportRequest = {
  method: 'GET',
  pathAndQuery: `/p?secret=${CANARY}`,
  freshConnection: false,
};

/** Takes an answer as text. */
export class TextReceiver implements ResponseListener {
  status = 0;
  text = '';
  /** Of the body as it came from the connection. */
  size = 0;
  header: (name: string) => string | undefined = () => undefined;

  head(status: number, header: (name: string) => string | undefined): void {
    this.status = status;
    this.header = header;
  }

  received(bytes: number): void {
    this.size += bytes;
  }

  data(bytes: Buffer): Promise<void> | undefined {
    this.text += bytes.toString('latin1');
    return undefined;
  }
}

/** Send one request and take its whole answer. */
export async function send(transport: Transport, change: Partial<TransportRequest> = {}): Promise<TextReceiver> {
  const receiver = new TextReceiver();
  await transport.start({ ...REQUEST, ...change }, receiver).finished;
  return receiver;
}

/** The fault that a failed call is shown as. */
export async function faultOf(failing: Promise<unknown>): Promise<TransportError> {
  const error = await failing.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  return transportError(error);
}

/** Wait for something to become true. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 4));
}
