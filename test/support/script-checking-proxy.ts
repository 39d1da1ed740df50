import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What a proxy says of a script, or of any other command, that it does not let through; undefined lets it through. */
export type ProxyRule = (command: string, args: readonly string[]) => string | undefined;

/**
 * The documented rule of cloud Redis proxies: where a command inside a script has a key, `KEYS[n]` must stand there, in
 * so many letters.
 */
export const KEYS_MUST_BE_SEEN: ProxyRule = (command, [script = '']) => {
  if (!/^eval$/i.test(command)) return undefined;
  const calls = [...script.matchAll(/redis\.p?call\(\s*'(\w+)'\s*(?:,\s*([^,)\s]+))?/g)];
  const isHidden = calls.some(([, , key]) => key !== undefined && !key.startsWith('KEYS['));
  return isHidden
    ? 'ERR bad lua script for redis cluster, all the keys that the script uses should be passed using the KEYS array'
    : undefined;
};

/** Refuses some commands, as a proxy that does not know them. */
export function refusing(...commands: readonly string[]): ProxyRule {
  return (command) => (commands.includes(command.toUpperCase()) ? `ERR unknown command '${command}'` : undefined);
}

/** A proxy before a Redis that looks at every command and refuses what a rule forbids. */
export class ScriptCheckingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** The commands that were refused. */
  readonly refused: string[] = [];

  private constructor(
    target: number,
    private readonly rule: ProxyRule,
  ) {
    this.#server = createServer((incoming) => {
      const outgoing = connect(target, '127.0.0.1');
      outgoing.pipe(incoming);
      let waiting = Buffer.alloc(0);
      incoming.on('data', (chunk: Buffer) => {
        waiting = Buffer.concat([waiting, chunk]);
        for (let read = readCommand(waiting); read; read = readCommand(waiting)) {
          const [name = '', ...args] = read.words;
          const refusal = this.rule(name, args);
          if (refusal === undefined) outgoing.write(waiting.subarray(0, read.length));
          else incoming.write(`-${refusal}\r\n`);
          if (refusal !== undefined) this.refused.push(name);
          waiting = waiting.subarray(read.length);
        }
      });
      for (const socket of [incoming, outgoing]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          incoming.destroy();
          outgoing.destroy();
        });
      }
    });
  }

  static async start(target: number, rule: ProxyRule): Promise<ScriptCheckingProxy> {
    const proxy = new ScriptCheckingProxy(target, rule);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as { port: number }).port}/0`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** The first whole command of what has arrived, as clients write it: an array of bulk strings. */
function readCommand(bytes: Buffer): { readonly words: readonly string[]; readonly length: number } | undefined {
  const text = bytes.toString('latin1');
  const head = /^\*(\d+)\r\n/.exec(text);
  if (!head) return undefined;
  const words: string[] = [];
  let at = head[0].length;
  while (words.length < Number(head[1])) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20));
    if (!size) return undefined;
    const from = at + size[0].length;
    const end = from + Number(size[1]);
    if (text.length < end + 2) return undefined;
    words.push(text.slice(from, end));
    at = end + 2;
  }
  return { words, length: at };
}
