import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Connected, Connector } from './connector.js';
import type { HttpServiceLike } from './load-http-service.js';

export interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

interface ConnectingAgent {
  createConnection(options: { host?: string; port?: number | string }, done: Connected): void;
}

export function createAgents(connector: Connector, options: AgentOptions): Agents {
  return {
    httpAgent: connectWith(connector, new HttpAgent(options), false),
    httpsAgent: connectWith(connector, new HttpsAgent(options), true),
  };
}

/** Let agents keep no connection any more; what is under way goes on. */
export function retireAgents({ httpAgent, httpsAgent }: Agents): void {
  for (const agent of [httpAgent, httpsAgent]) {
    // Asked whenever a connection becomes free.
    (agent as unknown as { keepSocketAlive(socket: Socket): boolean }).keepSocketAlive = () => false;
    for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
  }
}

function connectWith<A extends HttpAgent>(connector: Connector, agent: A, secure: boolean): A {
  (agent as unknown as ConnectingAgent).createConnection = ({ host = 'localhost', port = 80 }, done) => {
    connector.connect({ hostname: host, port: Number(port), secure }, done);
  };
  return agent;
}

/** Whether an application's own instance says how connections are made: with agents, or through a proxy. */
export function definesRoute(http: HttpServiceLike): boolean {
  // A stand-in need not have axios behind it.
  const defaults: { httpAgent?: unknown; httpsAgent?: unknown; proxy?: unknown } | undefined = http.axiosRef?.defaults;
  return [defaults?.httpAgent, defaults?.httpsAgent, defaults?.proxy].some((one) => one !== undefined);
}
