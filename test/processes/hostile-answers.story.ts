import { execFile } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

const KINDS = ['http-service', 'undici'] as const;
const LIBRARY = path.join(process.env['COMPILED_WORKERS'] ?? '', 'libs/bankcard-ocr/src');
const SIZE = 31_000_000;
/** As much heap as a small container gives a process. */
const HEAP_MB = 512;

const times = (text: string): string => text.repeat(Math.floor(SIZE / text.length));
const numbered = (prefix: string): string => {
  return Array.from({ length: 2_000_000 }, (_, index) => `"${prefix}${index}":0`).join();
};

/** What a hostile server sends; each is some ten thousand bytes in gzip. */
const BOMBS: Readonly<Record<string, string>> = {
  objects: `{"code":"0","result":[${times('{},')}0]}`,
  'objects that are no answer': times('{},'),
  arrays: `{"code":"0","result":[${times('[],')}0]}`,
  'objects in objects': `{"code":"0","result":${times('{"a":')}`,
  'arrays in arrays': `{"code":"0","result":${times('[')}`,
  'many members': `{"code":"0","result":{${numbered('k')}}}`,
  'many members that are numbers': `{"code":"0","result":{${numbered('')}}}`,
  'a long text': `{"code":"0","msg":"${times('x')}"}`,
  'a refusal with a long text': `{"code":"400101","msg":"${times('6222')}"}`,
  'a long name': `{"code":"0","${times('x')}":0}`,
  escapes: `{"code":"0","msg":"${times('\\u0041')}"}`,
  'white space': `{"code":"0",${times(' ')}"msg":""}`,
};

const CLIENT = `
  const load = (file) => require(${JSON.stringify(LIBRARY)} + '/' + file);
  const { connectToVendor } = load('account/vendor-connections.js');
  const { SystemClock } = load('runtime/clock.js');
  const { SecretText } = load('runtime/secret-text.js');
  const { AuthClient } = load('vendor/auth.client.js');
  const { ResultClient } = load('vendor/result.client.js');
  const { RecognitionClient } = load('vendor/recognition.client.js');
  const [transport, origin, names] = [process.env.TRANSPORT, process.env.ORIGIN, JSON.parse(process.env.NAMES)];
  const clock = new SystemClock();
  const cancellation = { throwIfAborted() {}, onCancel: () => () => {} };
  const signed = { appId: 'IDA00001', orderNo: 'order1', version: '1.0.0', nonce: 'n'.repeat(32), sign: 'S'.repeat(40) };
  const request = { timeoutMs: 60_000, cancellation, attempt: 1, generation: 1 };
  const calls = {
    access_token: (main, path) => new AuthClient(main, { appId: 'IDA00001', secret: new SecretText('s'), appIdFields: { accessToken: 'app_id', apiTicket: 'app_id' },
      version: '1.0.0', paths: { accessToken: path, apiTicket: path }, timeoutMs: 60_000 }).accessToken(1, new AbortController().signal),
    api_ticket: (main, path) => new AuthClient(main, { appId: 'IDA00001', secret: new SecretText('s'), appIdFields: { accessToken: 'app_id', apiTicket: 'app_id' },
      version: '1.0.0', paths: { accessToken: path, apiTicket: path }, timeoutMs: 60_000 }).signTicket('t', 1, 1, new AbortController().signal),
    result: (main, path) => new ResultClient(main, clock, { path, appIdField: 'app_id', appId: 'IDA00001', version: '1.0.0' })
      .queryResult({ ...request, query: signed }, false),
    photos: (main, path) => new ResultClient(main, clock, { path, appIdField: 'app_id', appId: 'IDA00001', version: '1.0.0' })
      .queryResult({ ...request, query: signed }, 'kept'),
    recognition: (main, path) => new RecognitionClient(main, clock, { path, appIdField: 'appId' })
      .recognize({ ...request, signed, userId: undefined, image: 'AAAA' }),
  };
  const cpuMs = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
  (async () => {
    const host = { origin, loopback: true, prefix: '' };
    const limits = { maxConnections: 1, connectTimeoutMs: 60_000, maxResponseBytes: 32 * 1024 * 1024, vendorCodeOverrides: {}, clock };
    const all = await connectToVendor({ transport, baseUrl: host, recognitionBaseUrl: host, ...limits }, () => {});
    // What the machine takes for a tenth of one of them: nothing may hold the event loop up for as long.
    const text = '[' + '{},'.repeat(1_000_000) + '0]';
    const began = cpuMs();
    JSON.parse(text);
    const tenthMs = cpuMs() - began;
    let longestMs = 0;
    let last = cpuMs();
    let isOver = false;
    const turn = () => {
      const now = cpuMs();
      longestMs = Math.max(longestMs, now - last);
      last = now;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    const outcomes = {};
    for (const name of names) {
      for (const [endpoint, call] of Object.entries(calls)) {
        const outcome = await call(all.main, '/' + encodeURIComponent(name)).then(() => 'read', (e) => e.code ?? String(e));
        outcomes[endpoint + ': ' + name] = outcome;
      }
    }
    isOver = true;
    await all.close();
    console.log(JSON.stringify({ outcomes, peakMb: process.resourceUsage().maxRSS / 1024, isHeldUp: longestMs > tenthMs, longestMs, tenthMs }));
  })();`;

interface Report {
  readonly outcomes: Readonly<Record<string, string>>;
  readonly peakMb: number;
  readonly isHeldUp: boolean;
}

/** One byte in each of a million chunks: six times as long on the line as what is in it. */
function drip(response: ServerResponse): void {
  const chunks = Buffer.from('1\r\n \r\n'.repeat(10_000));
  response.writeHead(200, { 'transfer-encoding': 'chunked' }).flushHeaders();
  let sent = 0;
  const next = (): void => {
    if (response.destroyed || sent === 100) return void response.destroy();
    sent += 1;
    response.socket?.write(chunks, next);
  };
  next();
}

describe.each(KINDS)('hostile answers over %s', (transport) => {
  it('are typed errors, hold nothing up and leave a process with little memory alive', async () => {
    const bombs = new Map(Object.entries(BOMBS).map(([name, body]) => [name, gzipSync(body)]));
    const server = createServer((request, response) => {
      request.resume();
      const bomb = bombs.get(decodeURIComponent(new URL(request.url ?? '', 'http://x').pathname.slice(1)));
      if (bomb) response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
      else drip(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const names = [...bombs.keys(), 'drops'];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--no-warnings', `--max-old-space-size=${HEAP_MB}`, '-e', CLIENT],
      {
        env: {
          ...process.env,
          TRANSPORT: transport,
          ORIGIN: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          NAMES: JSON.stringify(names),
        },
      },
    );
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const { outcomes, peakMb, ...more } = JSON.parse(stdout) as Report;
    expect(Object.keys(outcomes)).toHaveLength(names.length * 5);
    for (const [what, outcome] of Object.entries(outcomes))
      expect([what, outcome]).toEqual([what, 'RESPONSE_TOO_LARGE']);
    expect(peakMb).toBeLessThan(400);
    expect(more).toMatchObject({ isHeldUp: false });
  });
});
