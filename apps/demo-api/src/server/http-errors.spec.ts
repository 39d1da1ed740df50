import { once } from 'node:events';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { refuseAlike, refuseConnection } from './http-errors.js';
import { SECURITY_HEADERS } from './security-headers.js';

let server: Server;

afterEach(async () => {
  server.close();
  await once(server, 'close');
});

/** What a client reads whose connection is refused for this. */
async function refusedFor(code: string | undefined): Promise<string> {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    refuseConnection(Object.assign(new Error('canary'), { code }), socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  let text = '';
  try {
    for await (const chunk of socket.setEncoding('utf8')) text += String(chunk);
  } catch {
    // The server resets the connection behind its response.
  }
  return text;
}

describe('a connection that cannot be served', () => {
  it.each([
    ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
    ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
    ['HPE_INVALID_METHOD', '400 Bad Request'],
    [undefined, '400 Bad Request'],
  ])('%s: %s, with the headers and the body of every other error', async (code, statusLine) => {
    const [head = '', body = ''] = (await refusedFor(code)).split('\r\n\r\n');
    const [first, ...lines] = head.split('\r\n');
    expect(first).toBe(`HTTP/1.1 ${statusLine}`);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) expect(lines).toContain(`${name}: ${value}`);
    expect(lines).toContain('connection: close');
    expect(lines).toContain(`content-length: ${Buffer.byteLength(body)}`);
    const [status = '', ...reason] = statusLine.split(' ');
    expect(JSON.parse(body)).toEqual({
      statusCode: Number(status),
      error: reason.join(' '),
      message: expect.any(String),
    });
    expect(body).not.toContain('canary');
  });

  it('ECONNRESET: nothing, because nobody is there', async () => {
    expect(await refusedFor('ECONNRESET')).toBe('');
  });
});

describe('garbage behind a request', () => {
  /** Send a request, have its response begun, then send garbage. @returns all that the client reads */
  async function withGarbage(respond: (response: ServerResponse) => void): Promise<string> {
    const http = createHttpServer((_request, response) => respond(response));
    http.on('clientError', refuseConnection);
    refuseAlike(http);
    server = http;
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    socket.setEncoding('utf8').write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    let text = String((await once(socket, 'data'))[0]);
    socket.on('data', (chunk) => (text += String(chunk))).write('canary canary\r\n\r\n');
    await once(socket, 'close');
    return text;
  }

  it('ends the connection in the middle of a response, and adds nothing to it', async () => {
    const text = await withGarbage((response) => response.writeHead(200, { 'content-length': 9 }).write('photo'));
    expect(text.split('\r\n\r\n')[1]).toBe('photo');
  });

  it('is refused behind a response that is whole', async () => {
    const text = await withGarbage((response) => response.writeHead(200, { 'content-length': 5 }).end('photo'));
    expect(text.split('\r\n\r\n')[1]).toMatch(/^photoHTTP\/1\.1 400 /);
  });
});
