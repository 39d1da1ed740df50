import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCertificate } from './certificate.js';
import { createHandler } from './handle-request.js';
import type { VendorAddress } from './vendor-address.js';
import type { VendorCounts } from './vendor-counts.js';

// A process of its own, so that what the vendor costs is not counted as the client's.
async function main(): Promise<void> {
  const counts: VendorCounts = { tokens: 0, tickets: 0, connections: { http: 0, https: 0 } };
  const certificate = createCertificate();
  const http = createHttpServer(createHandler(counts));
  const https = createHttpsServer(certificate, createHandler(counts));
  http.on('connection', () => (counts.connections.http += 1));
  https.on('connection', () => (counts.connections.https += 1));
  const address: VendorAddress = {
    http: `http://127.0.0.1:${await listen(http)}`,
    https: `https://127.0.0.1:${await listen(https)}`,
    ca: certificate.cert,
  };
  process.send?.(address);
  // Whoever started it is the only one who needs it.
  process.on('disconnect', () => process.exit(0));
}

async function listen(server: Server): Promise<number> {
  // Contestants wait for their turns; a connection must not be closed meanwhile.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

void main();
