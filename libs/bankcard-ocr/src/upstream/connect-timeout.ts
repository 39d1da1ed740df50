import type { Agent as HttpAgent } from 'node:http';
import type { Duplex } from 'node:stream';

/** The `code` of the error that ends a connection which took too long to establish; nothing was sent on it. */
export const CONNECT_TIMEOUT_CODE = 'BANKCARD_OCR_CONNECT_TIMEOUT';

interface ConnectingAgent {
  createConnection(...args: unknown[]): Duplex;
}

/**
 * Make an agent give up a connection that is not established in time. Node's own `timeout` is about idle sockets.
 *
 * @param readyEvent `connect`, or `secureConnect` so that TLS counts too
 */
export function limitConnectTime<A extends HttpAgent>(agent: A, readyEvent: string, connectTimeoutMs: number): A {
  const connecting = agent as unknown as ConnectingAgent;
  const createConnection = connecting.createConnection.bind(agent);
  connecting.createConnection = (...args) => {
    const socket = createConnection(...args);
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error('connecting took too long'), { code: CONNECT_TIMEOUT_CODE }));
    }, connectTimeoutMs);
    const stop = () => clearTimeout(timer);
    socket.once(readyEvent, stop).once('close', stop);
    return socket;
  };
  return agent;
}
