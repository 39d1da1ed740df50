import { connect } from 'node:net';
import { STATUS_CODES } from 'node:http';
import { KEY, serveDemo, type ServedDemo } from './serve-demo.js';

const KEYED = `x-api-key: ${KEY}\r\n`;

let demo: ServedDemo | undefined;

async function serve(): Promise<ServedDemo> {
  demo = await serveDemo();
  return demo;
}

afterEach(async () => {
  await demo?.close();
  demo = undefined;
});

interface RawResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** Send bytes as they are, and read everything that comes back until the connection ends. */
async function send(url: string, bytes: string | Buffer): Promise<RawResponse[]> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.end(bytes);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    // The server may reset the connection of somebody who is still sending.
  }
  return parse(Buffer.concat(chunks).toString('latin1'));
}

function parse(text: string): RawResponse[] {
  const responses: RawResponse[] = [];
  let rest = text;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n');
    const headers = new Map(lines.map((line) => [line.split(':')[0]!.toLowerCase(), line.replace(/^[^:]*: ?/, '')]));
    const length = Number(headers.get('content-length') ?? rest.length);
    responses.push({ status: Number(statusLine.split(' ')[1]), headers, text: rest.slice(end + 4, end + 4 + length) });
    rest = rest.slice(end + 4 + length);
  }
  return responses;
}

function request(line: string, headers = '', body: string | Buffer = ''): Buffer {
  const length = body.length > 0 ? `content-length: ${Buffer.byteLength(body)}\r\n` : '';
  return Buffer.concat([
    Buffer.from(`${line} HTTP/1.1\r\nhost: canary-host\r\n${headers}${length}\r\n`, 'latin1'),
    Buffer.from(body),
  ]);
}

const CHUNKED = `${KEYED}content-type: application/json\r\ntransfer-encoding: chunked\r\n`;

const json = (body: string | Buffer, headers = KEYED) => {
  return request('POST /sdk-launches', `content-type: application/json\r\n${headers}`, body);
};

/** What every response has to carry, whoever made it; taken from one that went well. */
async function protectiveHeaders(url: string): Promise<Map<string, string>> {
  const [response] = await send(url, request('GET /health/live'));
  const own = new Set(['content-type', 'content-length', 'date', 'connection', 'keep-alive']);
  return new Map([...response!.headers].filter(([name]) => !own.has(name)));
}

const refusals: [what: string, bytes: string | Buffer, status: number][] = [
  ['a parameter that is far too long', request(`GET /bank-cards/${'canary'.repeat(20)}`, KEYED), 414],
  ['the same without a key', request(`GET /bank-cards/${'canary'.repeat(20)}`), 414],
  ['a path that cannot be decoded', request('GET /bank-cards/canary%', KEYED), 400],
  ['a path in bad UTF-8', request('GET /canary/%ff%fe?canary=1', KEYED), 400],
  ['a path that has no route', request('GET /canary?order=canary', KEYED), 404],
  ['the same without a key', request('GET /canary?order=canary'), 404],
  ['a body for a path that has no route, without a key', request('POST /canary', 'content-type: x\r\n', '{'), 404],
  ['another host in the request line', request('GET http://canary.example/canary', KEYED), 404],
  ['the request line *', request('OPTIONS *', KEYED), 404],
  ['a method that a route does not have', request('DELETE /health/live?canary=1', KEYED), 404],
  ['a method that is rare', request('PROPFIND /bank-cards/canary', KEYED), 404],
  ['TRACE', request('TRACE /bank-cards/canary', KEYED), 404],
  ['a method that does not exist', request('CANARY /health/live'), 400],
  ['a head that is far too long', request('GET /health/live', `x-canary: ${'canary '.repeat(5_000)}\r\n`), 431],
  ['a header without a name', request('GET /health/live', ': canary\r\n'), 400],
  ['a header with NUL', request('GET /health/live', 'x-canary: a\0b\r\n'), 400],
  ['two lengths', request('POST /sdk-launches', 'content-length: 5\r\ncontent-length: 6\r\n', '{}'), 400],
  ['a length and chunks', request('POST /sdk-launches', 'transfer-encoding: chunked\r\n', 'canary'), 400],
  ['chunks that are none', request('POST /sdk-launches', `${CHUNKED}\r\ncanary\r\n`), 400],
  ['chunks of no type', request('POST /sdk-launches', `${KEYED}transfer-encoding: chunked\r\n\r\n0\r\n`), 415],
  [
    'a query of names that every object has',
    request('GET /bank-cards/canary-1?__proto__=1&constructor=canary&toString=1&hasOwnProperty=1', KEYED),
    400,
  ],
  [
    'a query that names a member of a member',
    request('GET /bank-cards/canary-1?photos[__proto__][canary]=1&photos=1', KEYED),
    400,
  ],
  ['a member that every object has', json('{"userId":"user1","constructor":"canary"}'), 400],
  ['another member that every object has', json('{"userId":"user1","hasOwnProperty":"canary"}'), 400],
  ['a request without a host', 'GET /health/live HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
  ['an expectation', request('GET /health/live', 'expect: canary\r\n'), 417],
  ['no HTTP at all', 'canary canary canary\r\n\r\n', 400],
  ['TLS', Buffer.from('16030100c8010000c40303', 'hex'), 400],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['JSON that ends early', json('{"userId": "canary'), 400],
  ['the same without a key', json('{"userId": "canary', ''), 401],
  ['the same with a wrong key', json('{"userId": "canary', 'x-api-key: canary\r\n'), 401],
  ['the same with two keys', json('{"userId": "canary', `${KEYED}x-api-key: canary\r\n`), 401],
  ['what is no JSON', json('canary'), 400],
  ['JSON with a mark of byte order in the middle', json('{"canary":\uFEFF1}'), 400],
  ['JSON that is not UTF-8', json(Buffer.from('7b22757365724964223a22ff63616e61727922', 'hex')), 400],
  [
    'an empty body',
    request('POST /sdk-launches', `${KEYED}content-type: application/json\r\ncontent-length: 0\r\n`),
    400,
  ],
  ['4 kB of [', json('['.repeat(4_096)), 400],
  ['lists in lists', json('['.repeat(2_000) + ']'.repeat(2_000)), 400],
  ['objects in objects', json('{"a":'.repeat(500) + '1' + '}'.repeat(500)), 400],
  ['a list in a member', json(`{"userId":${'['.repeat(1_500)}"canary"${']'.repeat(1_500)}}`), 400],
  ['an object in a member', json('{"userId":{"canary":"canary"}}'), 400],
  ['a list', json('[{"userId":"canary"}]'), 400],
  ['a text', json('"canary"'), 400],
  ['a number', json('1e999'), 400],
  ['null', json('null'), 400],
  ['__proto__', json('{"userId":"user1","__proto__":{"canary":1}}'), 400],
  ['constructor.prototype', json('{"userId":"user1","constructor":{"prototype":{"canary":1}}}'), 400],
  ['a body that is far too long', json(`{"userId":"${'canary'.repeat(1_000)}"}`), 413],
  ['the same without a key', json(`{"userId":"${'canary'.repeat(1_000)}"}`, ''), 401],
  ['a body of no type', request('POST /sdk-launches', KEYED, '{"userId":"canary"}'), 415],
  ['a body of another type', request('POST /sdk-launches', `${KEYED}content-type: canary/canary\r\n`, 'canary'), 415],
  ['a body of a type that is none', request('POST /sdk-launches', `${KEYED}content-type: ;canary=\r\n`, 'canary'), 415],
  ['plain text', request('POST /sdk-launches', `${KEYED}content-type: text/plain\r\n`, 'canary'), 415],
  [
    'a form of the old kind',
    request('POST /sdk-launches', `${KEYED}content-type: application/x-www-form-urlencoded\r\n`, 'userId=canary'),
    415,
  ],
  [
    'two types, the first of which counts',
    request(
      'POST /sdk-launches',
      `${KEYED}content-type: text/html\r\ncontent-type: application/json\r\n`,
      '{"userId":"u"}',
    ),
    415,
  ],
  [
    'a form without a boundary',
    request('POST /bank-cards', `${KEYED}content-type: multipart/form-data\r\n`, 'canary'),
    400,
  ],
];

describe('a request that cannot be served', () => {
  it.each(refusals)('%s: %#', async (_what, bytes, status) => {
    const { url, logged, sandbox } = await serve();
    const headers = await protectiveHeaders(url);
    const before = logged.length;
    const responses = await send(url, bytes);
    expect(responses.map((response) => response.status)).toEqual([status]);
    const [{ headers: got, text } = { headers: new Map<string, string>(), text: '' }] = responses;
    // The same protection as of every other response, the same form of an error, and nothing of what was sent.
    for (const [name, value] of headers) expect([name, got.get(name)]).toEqual([name, value]);
    expect(got.get('content-type')).toBe('application/json; charset=utf-8');
    const body = JSON.parse(text) as object;
    expect(body).toMatchObject({ statusCode: status, error: STATUS_CODES[status], message: expect.anything() });
    expect(Object.keys(body).sort()).toEqual(['error', 'message', 'statusCode']);
    expect(text + [...got].join('')).not.toMatch(/canary|FST_|at position|Unexpected token/i);
    // What a stranger can send as often as they like must not fill a log.
    expect(logged.slice(before).filter((line) => !line.startsWith('shop/till: '))).toEqual([]);
    expect(sandbox.calls).toMatchObject({ nonceTicket: 0, recognition: 0, result: 0 });
  });

  it.each([
    ['has no key', '/sdk-launches', 401],
    ['has no route', '/canary', 404],
  ])('is refused before its body is read, when it %s', async (_what, path, status) => {
    const { url } = await serve();
    // The body never comes; a server that waits for it never responds.
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{`);
    const [first] = (await socket.take(1).toArray()) as Buffer[];
    expect(first?.toString().split(' ', 2)).toEqual(['HTTP/1.1', String(status)]);
    socket.destroy();
  });

  it.each([
    ['in the middle of its JSON', json('{"userId": "user1"').subarray(0, -3)],
    ['in the middle of a chunk', request('POST /sdk-launches', `${CHUNKED}\r\n5\r\n{"u`)],
  ])('ends %s: nothing is logged, and the next one is served', async (_where, bytes) => {
    const { url, logged, json: get } = await serve();
    const before = logged.length;
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await new Promise((resolve) => socket.write(bytes, resolve));
    // A second request on another connection comes after the server has seen the first.
    expect(await get('/health/live')).toEqual({ status: 'live' });
    socket.resetAndDestroy();
    expect(await get('/health/live')).toEqual({ status: 'live' });
    await demo?.drain();
    expect(logged.slice(before)).toEqual(['shop/till: POST /sdk-launches ApiKey']);
  });
});

describe('several requests at once', () => {
  it('are served in their order, and garbage behind them refused', async () => {
    const { url } = await serve();
    const one = request('GET /health/live');
    const responses = await send(url, Buffer.concat([one, one, Buffer.from('canary canary\r\n\r\n')]));
    expect(responses.at(-1)).toMatchObject({ status: 400, text: expect.not.stringContaining('canary') });
  });

  it('that are refused one by one leave the connection in step', async () => {
    const { url } = await serve();
    const bytes = [json('{}'), request('GET /canary', KEYED), request('GET /health/live', 'connection: close\r\n')];
    expect((await send(url, Buffer.concat(bytes))).map(({ status }) => status)).toEqual([400, 404, 200]);
  });
});
