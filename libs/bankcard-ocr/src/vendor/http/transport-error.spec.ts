import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { isBankCardOcrError } from '../../errors/bank-card-ocr-error.js';
import { CONNECT_TIMEOUT_CODE, transportError } from './transport-error.js';
import { TRANSPORT_KINDS, TRANSPORTS } from '../odd-vendor.test-support.js';

const URL_WITH_SECRET = 'https://idasc.webank.com/api?secret=canary';

/** As the HTTP client throws: with everything that must not be shown hung on it. */
function thrown(code: string | undefined, extra: object = {}): Error {
  const error = new Error(`connect failed: ${URL_WITH_SECRET}`);
  return Object.assign(
    error,
    { code, config: { url: URL_WITH_SECRET }, request: { path: '/api?secret=canary' } },
    extra,
  );
}

describe('a failure of the transport', () => {
  it.each([
    ['ECONNREFUSED', false],
    ['ENOTFOUND', false],
    ['EAI_AGAIN', false],
    ['EHOSTUNREACH', true],
    ['ENETUNREACH', true],
    [CONNECT_TIMEOUT_CODE, false],
    ['CERT_HAS_EXPIRED', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', false],
    ['SELF_SIGNED_CERT_IN_CHAIN', false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', false],
    ['ECONNRESET', true],
    ['EPIPE', true],
    ['ETIMEDOUT', true],
    ['ERR_NETWORK', true],
    [undefined, true],
  ])('%s may have been carried out: %p', (code, maybeCarriedOut) => {
    const fault = transportError(thrown(code));
    expect(fault).toMatchObject({ code: 'UNREACHABLE', maybeCarriedOut, retryable: true, actor: 'vendor' });
    expect(isBankCardOcrError(fault)).toBe(true);
  });

  it.each([
    ['connect', false],
    ['read', true],
  ])('EHOSTUNREACH of %s: may have been carried out: %p', (syscall, maybeCarriedOut) => {
    expect(transportError(thrown('EHOSTUNREACH', { syscall }))).toMatchObject({ maybeCarriedOut });
    const wrapped = thrown(undefined, { cause: thrown('ENETUNREACH', { syscall }) });
    expect(transportError(wrapped)).toMatchObject({ maybeCarriedOut });
  });

  it('one that is no native error, as those of axios 1.7.0, is read with its cause', () => {
    const cause = thrown('ECONNREFUSED');
    const old: unknown = Object.assign(Object.create(Error.prototype), { message: cause.message, cause });
    const fault = transportError(old);
    expect(fault).toMatchObject({ maybeCarriedOut: false, message: expect.stringMatching(/: ECONNREFUSED$/) });
  });

  it.each<[string, unknown]>([
    ['an error', thrown('ECONNRESET')],
    ['an error whose cause has the code', thrown(undefined, { cause: thrown('ECONNREFUSED') })],
    ['several addresses', new AggregateError([thrown('ECONNREFUSED'), thrown('EHOSTUNREACH')], URL_WITH_SECRET)],
    ['a code that is none', thrown(`see ${URL_WITH_SECRET}`)],
    ['a name that is none', thrown('ECONNRESET', { name: URL_WITH_SECRET })],
    ['a text', URL_WITH_SECRET],
    ['an object', { message: URL_WITH_SECRET, code: 'ECONNREFUSED' }],
    ['nothing', undefined],
    ['null', null],
  ])('keeps nothing but a name and a code of %s', (_what, error) => {
    const fault = transportError(error);
    const cause = fault.cause as Error;
    const shown = [fault, cause].map((one) => inspect(one, { depth: Infinity, showHidden: true }) + one.stack);
    expect(shown.join() + JSON.stringify([fault, cause])).not.toMatch(/canary|webank|config|request/);
    expect(fault.message).toMatch(/^Tencent could not be reached: \w+$/);
  });

  it('takes the code from where it is', () => {
    const inner = thrown(undefined, { cause: thrown('ECONNREFUSED') });
    expect(transportError(inner)).toMatchObject({ maybeCarriedOut: false, cause: { code: 'ECONNREFUSED' } });
    const several = new AggregateError([thrown('ECONNREFUSED')]);
    expect(transportError(several)).toMatchObject({ maybeCarriedOut: false, cause: { code: 'ECONNREFUSED' } });
  });
});

describe('what came, but cannot be read', () => {
  it.each(['HPE_INVALID_CONSTANT', 'HPE_HEADER_OVERFLOW', 'Z_DATA_ERROR'])('%s is a malformed answer', (code) => {
    expect(transportError(thrown(code))).toMatchObject({ code: 'RESPONSE_MALFORMED', maybeCarriedOut: true });
  });
});

describe.each(TRANSPORT_KINDS)('over real sockets, with %s', (kind) => {
  async function faultOf(origin: string, connectTimeoutMs = 1_000) {
    const transport = TRANSPORTS[kind]({ origin, maxConnections: 1, connectTimeoutMs, loopback: true });
    const request = { method: 'GET', pathAndQuery: '/api?secret=canary', freshConnection: false } as const;
    try {
      const error = await transport
        .start(request, { head: () => undefined, received: () => undefined, data: () => undefined })
        .finished.catch((error: unknown) => error);
      const fault = transportError(error);
      // Before printing: what a client hangs on its errors takes minutes to print.
      expect(Object.keys(fault.cause as Error).sort()).toEqual(['code', 'name']);
      expect(inspect(fault, { depth: Infinity, showHidden: true })).not.toContain('canary');
      return fault;
    } finally {
      await transport.close();
    }
  }

  const servers: Server[] = [];
  const sockets: Socket[] = [];

  async function portOf(onConnection: (socket: Socket) => void): Promise<number> {
    const server = createServer((socket) => {
      sockets.push(socket);
      onConnection(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  async function stopServers(): Promise<void> {
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  }

  afterEach(stopServers);

  it.each(['127.0.0.1', 'localhost'])('nobody listens on %s: nothing was sent', async (host) => {
    const port = await portOf(() => undefined);
    await stopServers();
    const fault = await faultOf(`http://${host}:${port}`);
    expect(fault).toMatchObject({ maybeCarriedOut: false, cause: { code: 'ECONNREFUSED' } });
  });

  it('a host that does not exist: nothing was sent', async () => {
    // A label longer than DNS allows: the answer needs no name server.
    const fault = await faultOf(`http://${'x'.repeat(64)}.invalid`);
    expect(fault.maybeCarriedOut).toBe(false);
    expect((fault.cause as { code?: string }).code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
  });

  it('a reset after the request: it may have been carried out', async () => {
    const port = await portOf((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    expect(await faultOf(`http://127.0.0.1:${port}`)).toMatchObject({ maybeCarriedOut: true, code: 'UNREACHABLE' });
  });

  it('TLS that never answers: connecting took too long, nothing was sent', async () => {
    const port = await portOf(() => undefined);
    const fault = await faultOf(`https://127.0.0.1:${port}`, 40);
    expect(fault).toMatchObject({ maybeCarriedOut: false, cause: { code: expect.stringMatching(/CONNECT_TIMEOUT$/) } });
    expect(fault.message).toContain('connectTimeoutMs');
  });
});
