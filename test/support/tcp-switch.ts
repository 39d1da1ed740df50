import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A port that leads to one server, and after a failover to another: connections are cut, new ones go to the new one. */
export class TcpSwitch implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(private target: number) {
    this.#server = createServer((incoming) => {
      const outgoing = connect(this.target, '127.0.0.1');
      for (const [socket, other] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
  }

  /** @param target the port that it leads to first */
  static async start(target: number): Promise<TcpSwitch> {
    const made = new TcpSwitch(target);
    made.#server.listen(0, '127.0.0.1');
    await once(made.#server, 'listening');
    return made;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** From now on new connections lead to another server; those that are open stay where they are. */
  leadNewTo(target: number): void {
    this.target = target;
  }

  switchTo(target: number): void {
    this.leadNewTo(target);
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.switchTo(0);
    await once(this.#server, 'close');
  }
}
