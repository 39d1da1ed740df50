import type { IncomingMessage, RequestListener } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { lineForEachTest } from './test-line.contract.js';
import { faultOf, OK, REQUEST, send, TRANSPORT_KINDS } from './test-vendor.contract.js';

describe.each(TRANSPORT_KINDS)('over %s', (kind) => {
  const line = lineForEachTest(kind);

  const compressed = (encoding: string, body: Buffer): RequestListener => {
    return (_request, response) => void response.writeHead(200, { 'content-encoding': encoding }).end(body);
  };

  it.each<[string, Buffer]>([
    ['gzip', gzipSync(OK)],
    ['x-gzip', gzipSync(OK)],
    ['GZIP', gzipSync(OK)],
    ['deflate', deflateSync(OK)],
    ['br', brotliCompressSync(OK)],
    ['identity', Buffer.from(OK)],
  ])('reads an answer in %s', async (encoding, body) => {
    line.vendor.answer = compressed(encoding, body);
    await expect(send(line.transport)).resolves.toMatchObject({ status: 200, text: OK });
  });

  it.each<[string, Buffer]>([
    ['zstd-of-tomorrow', Buffer.from('canary')],
    ['gzip, br', brotliCompressSync(gzipSync(OK))],
    ['constructor', Buffer.from(OK)],
    ['gzip', Buffer.from('canary canary')],
    ['deflate', Buffer.from('canary canary')],
    ['br', Buffer.from('canary canary')],
    ['gzip', gzipSync(OK).subarray(0, 25)],
  ])('gives a typed error, not garbage, for an answer in %s that it cannot read', async (encoding, body) => {
    line.vendor.answer = compressed(encoding, body);
    const fault = await faultOf(send(line.transport));
    expect(fault).toMatchObject({ code: 'ANSWER_MALFORMED', maybeCarriedOut: true });
    expect(fault.message).toMatch(/^the answer cannot be read: (Z_|ERR_)\w+$/);
  });

  it.each([204, 304])('takes a %i for what it is, whatever its content-encoding', async (status) => {
    line.vendor.answer = (_request, response) => void response.writeHead(status, { 'content-encoding': 'gzip' }).end();
    await expect(send(line.transport)).resolves.toMatchObject({ status, text: '' });
  });

  it.each([301, 302, 303, 307, 308])('goes nowhere after a %i', async (status) => {
    const served: unknown[] = [];
    line.vendor.answer = ({ url }, response) => {
      served.push(url);
      response.writeHead(status, { location: `${line.vendor.origin}/elsewhere` }).end(OK);
    };
    await expect(send(line.transport)).resolves.toMatchObject({ status, text: OK });
    expect(served).toEqual([REQUEST.pathAndQuery]);
  });

  it('waits for the answer that follows interim ones', async () => {
    line.vendor.answer = (_request, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</p>; rel=preload' });
      setTimeout(() => response.writeHead(201, { 'x-mark': 'final' }).end(OK), 10);
    };
    const answer = await send(line.transport);
    expect(answer).toMatchObject({ status: 201, text: OK });
    expect([answer.header('x-mark'), answer.header('link')]).toEqual(['final', undefined]);
  });

  it('asks for JSON, for no compression, and says a length and nothing else of a body', async () => {
    let seen: IncomingMessage['headers'] = {};
    line.vendor.answer = (request, response) => {
      seen = request.headers;
      response.end(OK);
    };
    await send(line.transport);
    expect(seen).toMatchObject({ accept: 'application/json', 'accept-encoding': 'identity' });
    expect(Object.keys(seen)).not.toEqual(expect.arrayContaining(['content-type']));
    await send(line.transport, { method: 'POST', body: Buffer.from('{"a":"ä"}') });
    expect(seen).toMatchObject({ 'content-type': 'application/json', 'content-length': '10' });
    for (const name of ['expect', 'transfer-encoding', 'referer', 'cookie']) expect(seen[name]).toBeUndefined();
  });
});
