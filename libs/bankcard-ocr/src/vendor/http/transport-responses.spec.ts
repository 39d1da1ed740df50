import type { IncomingMessage } from 'node:http';
import { lineForEachTest } from './test-line.test-support.js';
import { OK, REQUEST, send, TRANSPORT_KINDS } from './test-vendor.test-support.js';

describe.each(TRANSPORT_KINDS)('over %s', (kind) => {
  const line = lineForEachTest(kind);

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
