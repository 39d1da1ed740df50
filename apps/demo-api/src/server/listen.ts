import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { StartError } from './start-error.js';

/** Where to listen. */
export interface Place {
  readonly port: number;
  readonly host: string;
}

/**
 * Listen; an application that cannot is closed.
 *
 * @returns the address, e.g. `http://127.0.0.1:3000`
 * @throws {@link StartError}
 */
export async function listen(app: NestFastifyApplication, { port, host }: Place): Promise<string> {
  try {
    await probe({ port, host });
    await app.listen({ port, host });
  } catch (error) {
    await app.close();
    throw new StartError(`demo-api cannot start:\n  - ${faultOf(error, { port, host })}`);
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

function faultOf(error: unknown, { port, host }: Place): string {
  const code = (error as { code?: unknown }).code;
  if (code === 'EADDRINUSE') return `PORT: ${port} is taken on ${host}; choose another, or 0 for any free one`;
  if (code === 'EACCES') return `PORT: ${port} needs privileges that this process does not have; choose another`;
  if (code === 'ENOTFOUND' || code === 'EADDRNOTAVAIL') return `HOST: ${host} is no address of this machine`;
  throw error;
}
