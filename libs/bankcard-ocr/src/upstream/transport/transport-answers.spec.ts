import type { IncomingMessage, RequestListener } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import {
  faultOf,
  OK,
  optionsFor,
  REQUEST,
  send,
  TestVendor,
  TRANSPORT_KINDS,
  TRANSPORTS,
} from './test-vendor.contract.js';
import type { Transport } from './transport.js';

describe.each(TRANSPORT_KINDS)('over %s', (kind) => {
  let vendor: TestVendor;
  let transport: Transport;

  beforeEach(async () => {
    vendor = await TestVendor.start();
    transport = TRANSPORTS[kind](optionsFor(vendor.origin));
  });
  afterEach(async () => {
    await transport.close();
    await vendor.stop();
  });

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
    vendor.answer = compressed(encoding, body);
    await expect(send(transport)).resolves.toMatchObject({ status: 200, text: OK });
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
    vendor.answer = compressed(encoding, body);
    const fault = await faultOf(send(transport));
    expect(fault).toMatchObject({ code: 'ANSWER_MALFORMED', maybeCarriedOut: true });
    expect(fault.message).toMatch(/^the answer cannot be read: (Z_|ERR_)\w+$/);
  });

  it.each([204, 304])('takes a %i for what it is, whatever its content-encoding', async (status) => {
    vendor.answer = (_request, response) => void response.writeHead(status, { 'content-encoding': 'gzip' }).end();
    await expect(send(transport)).resolves.toMatchObject({ status, text: '' });
  });

  it.each([301, 302, 303, 307, 308])('goes nowhere after a %i', async (status) => {
    const served: unknown[] = [];
    vendor.answer = ({ url }, response) => {
      served.push(url);
      response.writeHead(status, { location: `${vendor.origin}/elsewhere` }).end(OK);
    };
    await expect(send(transport)).resolves.toMatchObject({ status, text: OK });
    expect(served).toEqual([REQUEST.pathAndQuery]);
  });

  it('waits for the answer that follows interim ones', async () => {
    vendor.answer = (_request, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</p>; rel=preload' });
      setTimeout(() => response.writeHead(201, { 'x-mark': 'final' }).end(OK), 10);
    };
    const answer = await send(transport);
    expect(answer).toMatchObject({ status: 201, text: OK });
    expect([answer.header('x-mark'), answer.header('link')]).toEqual(['final', undefined]);
  });

  it('asks for JSON, for no compression, and says a length and nothing else of a body', async () => {
    let seen: IncomingMessage['headers'] = {};
    vendor.answer = (request, response) => {
      seen = request.headers;
      response.end(OK);
    };
    await send(transport);
    expect(seen).toMatchObject({ accept: 'application/json', 'accept-encoding': 'identity' });
    expect(Object.keys(seen)).not.toEqual(expect.arrayContaining(['content-type']));
    await send(transport, { method: 'POST', body: Buffer.from('{"a":"ä"}') });
    expect(seen).toMatchObject({ 'content-type': 'application/json', 'content-length': '10' });
    for (const name of ['expect', 'transfer-encoding', 'referer', 'cookie']) expect(seen[name]).toBeUndefined();
  });
});
