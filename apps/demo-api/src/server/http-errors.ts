import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorBody } from './error-body.js';
import { SECURITY_HEADERS } from './security-headers.js';

/**
 * For Fastify's `frameworkErrors`: a path that its router refuses (400, 414), for which no hook runs. What Fastify says by
 * itself repeats the path.
 */
export function refusePath({ statusCode = 400 }: { statusCode?: number }, _request: unknown, reply: object): void {
  refuse((reply as { readonly raw: ServerResponse }).raw, statusCode);
}

const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/** The response that a connection is in the middle of, or was last. */
const latestResponse = new WeakMap<Socket, ServerResponse>();

/**
 * For Fastify's `clientErrorHandler`: what Node.js cannot read as HTTP, or not in time. The response is written to the bare
 * connection, unless that is in the middle of another one, which it would end up inside of.
 */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  const latest = latestResponse.get(socket);
  const isBusy = latest?.headersSent === true && !latest.writableFinished;
  if (error.code !== 'ECONNRESET' && socket.writable && !isBusy) {
    const statusCode = STATUS_OF_CODE[error.code ?? ''] ?? 400;
    const body = JSON.stringify(errorBody(statusCode));
    const headers = { ...SECURITY_HEADERS, ...describing(body), connection: 'close' };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\n${lines.join('')}\r\n${body}`);
  }
  socket.destroy(error);
}

/** Have a server refuse as everything else does what Node.js would refuse without a body. */
export function refuseAlike(server: Server): void {
  server.prependListener('request', (request, response) => latestResponse.set(request.socket, response));
  server.on('checkExpectation', (_request, response: ServerResponse) => refuse(response, 417));
}

function refuse(response: ServerResponse, statusCode: number): void {
  const body = JSON.stringify(errorBody(statusCode));
  response.writeHead(statusCode, { ...SECURITY_HEADERS, ...describing(body) }).end(body);
}

function describing(body: string): Record<string, string> {
  return { 'content-type': 'application/json; charset=utf-8', 'content-length': String(Buffer.byteLength(body)) };
}
