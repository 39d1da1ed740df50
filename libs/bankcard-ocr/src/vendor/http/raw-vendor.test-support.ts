import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createSecureServer, type TlsOptions } from 'node:tls';

/** What a {@link RawVendor} sends. */
export interface RawAnswer {
  /** One character a byte, line breaks as they shall be; a list is sent with a turn of the event loop between its parts. */
  readonly bytes: string | readonly string[];
  /** Sent as soon as the head of the request has come, before its body. */
  readonly isEarly?: boolean;
  /** The connection ends after it. */
  readonly ends?: boolean;
}

/** A vendor that sends any bytes for a response, also such as no server of Node's would send. */
export class RawVendor {
  /** Request lines, with the number of the connection that each came on. */
  readonly requests: { readonly line: string; readonly connection: number }[] = [];
  readonly sockets: Socket[] = [];
  answer: RawAnswer = { bytes: '' };
  readonly #server: Server;

  private constructor(private readonly tls?: TlsOptions) {
    this.#server = tls ? createSecureServer(tls) : createServer();
    this.#server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => this.#serve(socket));
    this.#server.on('tlsClientError', () => undefined);
  }

  static async start(tls?: TlsOptions): Promise<RawVendor> {
    const vendor = new RawVendor(tls);
    await new Promise<void>((resolve) => vendor.#server.listen(0, '127.0.0.1', resolve));
    return vendor;
  }

  get origin(): string {
    return `${this.tls ? 'https' : 'http'}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    const connection = this.sockets.push(socket);
    let head: string | undefined;
    let come = Buffer.alloc(0);
    let isAnswered = false;
    socket.on('error', () => undefined).setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      // Of a body only its length is looked at.
      come = Buffer.concat([come, bytes]);
      const end = come.indexOf('\r\n\r\n');
      if (head === undefined && end < 0) return;
      if (head === undefined) {
        head = come.toString('latin1', 0, end);
        come = come.subarray(end + 4);
      }
      const isWhole = come.length >= Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      if (!isAnswered && (isWhole || this.answer.isEarly)) {
        isAnswered = true;
        this.requests.push({ line: head.split('\r\n', 1)[0] ?? '', connection });
        void this.#send(socket, this.answer);
      }
      if (!isWhole) return;
      head = undefined;
      come = Buffer.alloc(0);
      isAnswered = false;
    });
  }

  async #send(socket: Socket, { bytes, ends }: RawAnswer): Promise<void> {
    for (const part of [bytes].flat()) {
      await new Promise((resolve) => socket.write(part, 'latin1', resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (ends) socket.end();
  }
}
