import type { Cluster, Redis } from 'ioredis';

/** One node, sentinels, or a cluster. */
export type RedisClient = Redis | Cluster;

interface Command {
  args?: unknown;
  toWritable?: (...args: never[]) => unknown;
}

/**
 * Shows the arguments of commands, which may hold tokens, only to the connection: not to instrumentations,
 * `ioredis:command`, `DEBUG` or errors. Untraced is not enough: a client repeats commands after a reconnect.
 */
export function withHiddenArguments<Client extends RedisClient>(client: Client): Client {
  // A stand-in need not be ioredis.
  if (typeof (client as Partial<Client>).sendCommand !== 'function') return client;
  const sendCommand = (command: Command, ...more: unknown[]): unknown => {
    hideArguments(command);
    return (client.sendCommand as (...args: unknown[]) => unknown)(command, ...more);
  };
  return Object.create(client, {
    sendCommand: { value: sendCommand },
    // A pipeline makes its own commands, and sends them together with those of the application.
    options: { value: Object.create(client.options, { enableAutoPipelining: { value: false } }) },
  }) as Client;
}

function hideArguments(command: Command): void {
  const { args, toWritable } = command;
  if (!Array.isArray(args) || typeof toWritable !== 'function') return;
  let isWriting = false;
  Object.defineProperties(command, {
    args: { configurable: true, enumerable: true, get: () => (isWriting ? args : ['[hidden]']) },
    toWritable: {
      configurable: true,
      value: (...given: never[]) => {
        isWriting = true;
        try {
          return toWritable.apply(command, given);
        } finally {
          isWriting = false;
        }
      },
    },
  });
}
