import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Metrics } from '../metrics/metrics.js';
import { StartError } from './start-error.js';

/** Where to listen. */
export interface Place {
  readonly port: number;
  readonly host: string;
}

/** The variables of a place. */
interface PlaceVariables {
  readonly port: string;
  readonly host: string;
}
const SERVER: PlaceVariables = { port: 'PORT', host: 'HOST' };
const METRICS: PlaceVariables = { port: 'DEMO_METRICS_PORT', host: 'DEMO_METRICS_HOST' };

/**
 * Listen, for metrics too; an application that cannot is closed.
 *
 * @returns the address, e.g. `http://127.0.0.1:3000`
 * @throws {@link StartError}
 */
export async function listen(app: NestFastifyApplication, { port, host }: Place): Promise<string> {
  const metrics = app.get(Metrics);
  try {
    await probe({ port, host });
    await metrics.listen().catch((error: unknown) => {
      throw new StartError(faultOf(error, metrics.place ?? { port, host }, METRICS));
    });
    await app.listen({ port, host });
  } catch (error) {
    await app.close();
    const fault = error instanceof StartError ? error.message : faultOf(error, { port, host }, SERVER);
    throw new StartError(`demo-api cannot start:\n  - ${fault}`);
  }
  const { address, port: bound, family } = app.getHttpServer().address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`;
}

/**
 * Check that the port is free before the application starts: its first action is to fetch credentials, which
 * would end those of the instance that has the port.
 */
async function probe({ port, host }: Place): Promise<void> {
  const server = createServer();
  await once(server.listen(port, host), 'listening');
  await once(server.close(), 'close');
}

function faultOf(error: unknown, { port, host }: Place, name: PlaceVariables): string {
  const code = (error as { code?: unknown }).code;
  if (code === 'EADDRINUSE') return `${name.port}: ${port} is taken on ${host}; choose another, or 0 for any free one`;
  if (code === 'EACCES')
    return `${name.port}: ${port} needs privileges that this process does not have; choose another`;
  if (code === 'ENOTFOUND' || code === 'EADDRNOTAVAIL') return `${name.host}: ${host} is no address of this machine`;
  throw error;
}
