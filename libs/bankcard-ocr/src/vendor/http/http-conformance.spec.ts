import type { TlsOptions } from 'node:tls';
import { SecretText } from '../../runtime/secret-text.js';
import { makeCertificates } from './certificates.test-support.js';
import { ConnectProxy } from './connect-proxy.test-support.js';
import { InterimResponses } from './interim-responses.js';
import { type RawAnswer, RawVendor } from './raw-vendor.test-support.js';
import { faultOf, optionsFor, send, TRANSPORT_KINDS, TRANSPORTS } from './test-vendor.test-support.js';
import type { Transport } from './transport.js';

const BODY = '{"code":"0"}';
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const IN_CHUNKS = `${CHUNKED}5\r\n{"cod\r\n7\r\ne":"0"}\r\n0\r\n\r\n`;
const INTERIM = {
  100: 'HTTP/1.1 100 Continue\r\n\r\n',
  102: 'HTTP/1.1 102 Processing\r\n\r\n',
  103: 'HTTP/1.1 103 Early Hints\r\nLink: </p>; rel=preload\r\nLink: </q>\r\n\r\n',
};

/** What is read, and on how many connections two requests after each other travel. */
interface Outcome {
  readonly status?: number;
  readonly text?: string;
  readonly connections?: 1 | 2;
}

type LegalCase = [what: string, answer: RawAnswer, outcome?: Outcome];

const same = (bytes: string): RawAnswer => ({ bytes });
const untilEnd = (bytes: string): RawAnswer => ({ bytes, ends: true });

const LEGAL: readonly LegalCase[] = [
  ['with a length', same(HEAD + BODY)],
  ['with a length, in chunks of its own', same(IN_CHUNKS)],
  ['in one chunk, its size with zeros and in capitals', same(`${CHUNKED}000C\r\n${BODY}\r\n0\r\n\r\n`)],
  ['in chunks with extensions', same(`${CHUNKED}c;a=b;c="d;e\\"";f\r\n${BODY}\r\n0;last\r\n\r\n`)],
  ['in chunks with trailers', same(`${CHUNKED}c\r\n${BODY}\r\n0\r\nX-Check: 1\r\nServer-Timing: a;dur=1\r\n\r\n`)],
  ['in chunks of other capitals', same(IN_CHUNKS.replace('Transfer-Encoding: chunked', 'TRANSFER-ENCODING:\tChunked'))],
  ['that ends with the connection', untilEnd(`HTTP/1.1 200 OK\r\n\r\n${BODY}`), { connections: 2 }],
  [
    'that says that the connection ends',
    untilEnd(HEAD.replace('\r\n\r\n', '\r\nConnection: Close\r\n\r\n') + BODY),
    { connections: 2 },
  ],
  [
    'that says so, and leaves the connection open',
    same(HEAD.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n') + BODY),
    { connections: 2 },
  ],
  ['of HTTP/1.0', untilEnd(`HTTP/1.0 200 OK\r\n\r\n${BODY}`), { connections: 2 }],
  ['of HTTP/1.0 with a length', same(HEAD.replace('1.1', '1.0') + BODY), { connections: 2 }],
  [
    'of HTTP/1.0 that keeps the connection',
    same(HEAD.replace('1.1 200 OK', '1.0 200 OK\r\nConnection: keep-alive') + BODY),
  ],
  ['with an empty reason', same(HEAD.replace('200 OK', '200 ') + BODY)],
  ['without a reason', same(HEAD.replace('200 OK', '200') + BODY)],
  ['with a reason in other letters', same(HEAD.replace('OK', 'g\u00e9nial') + BODY)],
  ['with names in small letters', same(HEAD.toLowerCase().replace('http', 'HTTP') + BODY)],
  ['with names in capitals', same(HEAD.replace(/[\w-]+:/g, (name) => name.toUpperCase()) + BODY)],
  [
    'with odd white space around values',
    same(HEAD.replaceAll(': ', ':\t  ').replaceAll('\r\nContent', ' \t\r\nContent') + BODY),
  ],
  [
    'with empty and repeated headers',
    same(
      HEAD.replace('\r\n\r\n', '\r\nX-Empty:\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nVary: a\r\nVary: b\r\n\r\n') +
        BODY,
    ),
  ],
  [
    'with fifteen thousand bytes of headers',
    same(HEAD.replace('\r\n\r\n', `\r\nX-Long: ${'x'.repeat(15_000)}\r\n\r\n`) + BODY),
  ],
  ['behind empty lines', same(`\r\n\r\n${HEAD}${BODY}`)],
  [
    'that offers another protocol',
    same(HEAD.replace('\r\n\r\n', '\r\nConnection: upgrade, keep-alive\r\nUpgrade: h2c\r\n\r\n') + BODY),
  ],
  ['without a body', same('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), { text: '' }],
  ['without a body, in chunks', same(`${CHUNKED}0\r\n\r\n`), { text: '' }],
  ['204', same('HTTP/1.1 204 No Content\r\n\r\n'), { status: 204, text: '' }],
  ['204 with a length', same('HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'), { status: 204, text: '' }],
  ['304', same('HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'), { status: 304, text: '' }],
  ['205', same('HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n'), { status: 205, text: '' }],
  ...[
    201, 206, 299, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 407, 408, 417, 426, 429, 499, 500, 502, 503, 504,
    511, 599,
  ].map((status): LegalCase => [
    `${status}`,
    same(HEAD.replace('200 OK', `${status} Some Reason\r\nLocation: /elsewhere`) + BODY),
    { status },
  ]),
  ...Object.entries(INTERIM).map(([status, interim]): LegalCase => [`after ${status}`, same(interim + HEAD + BODY)]),
  ['after 100 without a reason', same(`HTTP/1.1 100\r\n\r\n${HEAD}${BODY}`)],
  [
    'after 100 with headers',
    same(`HTTP/1.1 100 Continue\r\nDate: x\r\nContent-Length: 5\r\nVia: 1.1 a\r\n\r\n${HEAD}${BODY}`),
  ],
  ['after 100, twice', same(INTERIM[100].repeat(2) + HEAD + BODY)],
  ['after all of them', same(INTERIM[103] + INTERIM[100] + INTERIM[102] + INTERIM[100] + IN_CHUNKS)],
  ['after one that nobody knows', same(`HTTP/1.1 199 Whatever\r\n\r\n${HEAD}${BODY}`)],
  ['after a hundred of them', same(INTERIM[102].repeat(100) + HEAD + BODY)],
  ['after empty lines and 100', same(`\r\n${INTERIM[100]}\r\n${HEAD}${BODY}`)],
  [
    'after 100, when the connection ends',
    untilEnd(`${INTERIM[100]}HTTP/1.1 200 OK\r\n\r\n${BODY}`),
    { connections: 2 },
  ],
  ['500 after 100', same(INTERIM[100] + HEAD.replace('200 OK', '500 No') + BODY), { status: 500 }],
  [
    'whose body looks like an interim one',
    same(`HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n${INTERIM[100]}`),
    { text: INTERIM[100] },
  ],
];

const ILLEGAL: readonly (readonly [what: string, answer: RawAnswer])[] = [
  [
    'switches protocols',
    same(`HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n${HEAD}${BODY}`),
  ],
  ['switches protocols without a word', same(`HTTP/1.1 101\r\n\r\n${HEAD}${BODY}`)],
  [
    'switches protocols after 100',
    same(`${INTERIM[100]}HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n${HEAD}${BODY}`),
  ],
  ['has two lengths', same(HEAD.replace('\r\n\r\n', '\r\nContent-Length: 13\r\n\r\n') + BODY)],
  ['has its length twice', same(HEAD.replace('\r\n\r\n', '\r\nContent-Length: 12\r\n\r\n') + BODY)],
  [
    'has a length and chunks',
    same(HEAD.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n') + `c\r\n${BODY}\r\n0\r\n\r\n`),
  ],
  ['has a length that is none', same(HEAD.replace('12', '-1') + BODY)],
  ['has a chunk that is none', same(`${CHUNKED}x\r\n${BODY}\r\n0\r\n\r\n`)],
  ['folds a header', same(HEAD.replace('\r\n\r\n', '\r\nX-Folded: a\r\n b\r\n\r\n') + BODY)],
  ['ends lines with a line feed only', same(HEAD.replaceAll('\r\n', '\n') + BODY)],
  ['ends the lines of 100 so', same(INTERIM[100].replaceAll('\r\n', '\n') + HEAD + BODY)],
  ['has a NUL in a header', same(HEAD.replace('json', 'js\0on') + BODY)],
  ['has no status', same(HEAD.replace('200 OK', 'OK') + BODY)],
  ['has a status of two digits', same(HEAD.replace('200', '099') + BODY)],
  ['has a status of four digits', same(HEAD.replace('200', '2000') + BODY)],
  ['is a request', same('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['is SSH', same('SSH-2.0-OpenSSH_9.2\r\n')],
  ['is HTTP/0.9', untilEnd(BODY)],
  [
    'has more headers than anybody reads',
    same(HEAD.replace('\r\n\r\n', `\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`) + BODY),
  ],
  ['has many headers', same(HEAD.replace('\r\n\r\n', `\r\n${'a: bcd\r\n'.repeat(5_000)}\r\n`) + BODY)],
];

/** Cut into single bytes the longest of them would take long. */
const bytewise = ({ bytes, ...more }: RawAnswer): RawAnswer => ({ ...more, bytes: [...[bytes].flat().join('')] });
const isShort = ({ bytes }: RawAnswer): boolean => bytes.length < 600;

const certificates = makeCertificates();
const POST = { method: 'POST', body: Buffer.alloc(300_000, 0x20) } as const;

interface Way {
  readonly tls?: TlsOptions;
  readonly ca?: string;
  readonly isProxied?: boolean;
}

/** A transport, and what it reads of what a vendor sends. */
class Bench {
  private constructor(
    readonly vendor: RawVendor,
    readonly transport: Transport,
    private readonly proxy: ConnectProxy | undefined,
  ) {}

  static async start(kind: (typeof TRANSPORT_KINDS)[number], { tls, ca, isProxied }: Way = {}): Promise<Bench> {
    const vendor = await RawVendor.start(tls);
    const proxy = isProxied ? await ConnectProxy.start() : undefined;
    const way = { ca, proxy: proxy && new SecretText(proxy.url()) };
    return new Bench(vendor, TRANSPORTS[kind](optionsFor(vendor.origin, way)), proxy);
  }

  /** Two requests after each other have the outcome. */
  async expectOutcome({ status = 200, text = BODY, connections = 1 }: Outcome = {}): Promise<void> {
    const before = this.vendor.requests.length;
    for (let request = 0; request < 2; request += 1) {
      await expect(send(this.transport)).resolves.toMatchObject({ status, text });
      // A connection is free again one turn after its answer.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const used = this.vendor.requests.slice(before).map(({ connection }) => connection);
    expect(new Set(used).size).toBe(connections);
  }

  async stop(): Promise<void> {
    await this.transport.close();
    await this.vendor.stop();
    await this.proxy?.stop();
  }
}

describe.each(TRANSPORT_KINDS)('HTTP/1.1 over %s:', (kind) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.start(kind);
  });
  afterEach(() => bench.stop());

  describe('a legal answer is read:', () => {
    it.each<LegalCase>([...LEGAL])('%s', async (_what, answer, outcome = {}) => {
      bench.vendor.answer = answer;
      await bench.expectOutcome(outcome);
    });

    it.each<LegalCase>(LEGAL.filter(([, answer]) => isShort(answer)))(
      'byte by byte, %s',
      async (_what, answer, outcome = {}) => {
        bench.vendor.answer = bytewise(answer);
        await bench.expectOutcome(outcome);
      },
    );

    it.each<LegalCase>([...LEGAL])('to an upload, %s', async (_what, answer, { status = 200, text = BODY } = {}) => {
      bench.vendor.answer = answer;
      await expect(send(bench.transport, POST)).resolves.toMatchObject({ status, text });
    });

    it.each<LegalCase>([...LEGAL])(
      'before the upload has come, %s',
      async (_what, answer, { status = 200, text = BODY } = {}) => {
        bench.vendor.answer = { ...answer, ends: false, isEarly: true };
        if (answer.ends) return;
        await expect(send(bench.transport, POST)).resolves.toMatchObject({ status, text });
      },
    );
  });

  describe('what is no HTTP is a typed error, of which the next request knows nothing:', () => {
    it.each(ILLEGAL)('an answer that %s', async (_what, answer) => {
      for (const change of [{}, POST]) {
        bench.vendor.answer = answer;
        expect(await faultOf(send(bench.transport, change))).toMatchObject({
          code: 'RESPONSE_MALFORMED',
          maybeCarriedOut: true,
          retryable: true,
        });
        bench.vendor.answer = same(HEAD + BODY);
        await expect(send(bench.transport)).resolves.toMatchObject({ status: 200, text: BODY });
      }
    });
  });

  it.each<[string, string]>([
    ['something else', `${HEAD}${BODY}garbage`],
    ['a second answer', `${HEAD}${BODY}${HEAD}{"code":"1"}`],
    ['an empty line', `${HEAD}${BODY}\r\n`],
  ])('%s behind an answer is nothing to the next request', async (_what, bytes) => {
    bench.vendor.answer = same(bytes);
    await expect(send(bench.transport)).resolves.toMatchObject({ text: BODY });
    bench.vendor.answer = same(HEAD + BODY);
    await expect(send(bench.transport)).resolves.toMatchObject({ text: BODY });
  });

  it.each<[string, string]>([
    ['in the head', HEAD.slice(0, 30)],
    ['in an interim one', INTERIM[103].slice(0, 30)],
    ['in the first word of an interim one', 'HTTP/1.1 10'],
    ['after an interim one', INTERIM[100]],
    ['in the body', HEAD + BODY.slice(0, 5)],
    ['in a chunk', IN_CHUNKS.slice(0, -20)],
    ['before the last chunk', IN_CHUNKS.slice(0, -5)],
  ])('an answer that ends %s may have been carried out', async (_where, bytes) => {
    bench.vendor.answer = untilEnd(bytes);
    expect(await faultOf(send(bench.transport))).toMatchObject({
      code: 'UNREACHABLE',
      maybeCarriedOut: true,
      retryable: true,
    });
  });
});

describe.each(TRANSPORT_KINDS)('interim answers over %s', (kind) => {
  const { ca, server } = certificates;
  it.each<[string, Way]>([
    ['TLS', { ca, tls: server }],
    ['a tunnel', { isProxied: true }],
    ['TLS in a tunnel', { ca, tls: server, isProxied: true }],
  ])('and %s are skipped', async (_way, way) => {
    const bench = await Bench.start(kind, way);
    try {
      for (const cut of [(answer: RawAnswer) => answer, bytewise]) {
        bench.vendor.answer = cut(same(INTERIM[100] + INTERIM[103] + INTERIM[100] + HEAD + BODY));
        await bench.expectOutcome();
      }
    } finally {
      await bench.stop();
    }
  });
});

describe('the filter of interim responses', () => {
  it('takes them out however they are cut, and touches nothing else', () => {
    const stream = Buffer.from(INTERIM[100] + INTERIM[103] + HEAD + INTERIM[100], 'latin1');
    for (let first = 0; first <= stream.length; first += 1) {
      for (const second of [first, first + 1, first + 7, stream.length]) {
        const interim = new InterimResponses();
        interim.isHeadExpected = true;
        const pieces = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)];
        const rest = pieces.filter((piece) => piece.length > 0).map((piece) => interim.strip(piece));
        expect(Buffer.concat(rest).toString('latin1')).toBe(HEAD + INTERIM[100]);
      }
    }
  });

  it('gives the very bytes of an answer on that has none', () => {
    const interim = new InterimResponses();
    const bytes = Buffer.from(HEAD);
    interim.isHeadExpected = true;
    expect(interim.strip(bytes)).toBe(bytes);
    expect(interim.strip(bytes)).toBe(bytes);
  });

  it('does not hold more than a head may have', () => {
    const interim = new InterimResponses();
    interim.isHeadExpected = true;
    let passed = 0;
    for (let piece = 0; piece < 30; piece += 1) {
      passed += interim.strip(Buffer.from(piece === 0 ? 'HTTP/1.1 103 \r\nX:' : 'x'.repeat(1_000))).length;
    }
    expect(passed).toBeGreaterThan(16_000);
  });
});
