import type { Agent as HttpAgent } from 'node:http';
import type { Duplex } from 'node:stream';

/** The `code` of the error that ends a connection which took too long to establish; nothing was sent on it. */
export const CONNECT_TIMEOUT_CODE = 'BANKCARD_OCR_CONNECT_TIMEOUT';

/** How an agent of Node makes its connections: it returns a socket, or hands one to `done` later. */
export interface ConnectingAgent {
  createConnection(options: object, done: (error: Error | null, socket?: Duplex) => void): Duplex | undefined;
}

/** The error that ends such a connection. */
export function connectTimeout(): Error {
  return Object.assign(new Error('connecting took too long'), { code: CONNECT_TIMEOUT_CODE });
}

/**
 * Make an agent give up a connection that is not established in time. Node's own `timeout` is about idle sockets.
 *
 * @param readyEvent `connect`, or `secureConnect` so that TLS counts too
 */
export function limitConnectTime<A extends HttpAgent>(agent: A, readyEvent: string, connectTimeoutMs: number): A {
  const connecting = agent as unknown as ConnectingAgent;
  const createConnection = connecting.createConnection.bind(agent);
  connecting.createConnection = (options, done) => {
    const socket = createConnection(options, done);
    const timer = setTimeout(() => socket?.destroy(connectTimeout()), connectTimeoutMs);
    const stop = () => clearTimeout(timer);
    socket?.once(readyEvent, stop).once('close', stop);
    return socket;
  };
  return agent;
}
