import { inspect } from 'node:util';
import { SecretText } from '../../runtime/secret-text.js';
import { makeCertificates } from './certificates.test-support.js';
import { ConnectProxy, type TunnelAnswer } from './connect-proxy.test-support.js';
import type { ConnectionOptions } from './connector.js';
import {
  CANARY,
  faultOf,
  OK,
  optionsFor,
  send,
  TestVendor,
  TRANSPORT_KINDS,
  TRANSPORTS,
  until,
} from './test-vendor.test-support.js';
import type { Transport } from './transport.js';

const certificates = makeCertificates();

/** undici takes a connection back in the next turn of the event loop; whoever asks sooner gets a second one. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe.each(TRANSPORT_KINDS)('over %s, through a proxy,', (kind) => {
  let vendor: TestVendor;
  let proxy: ConnectProxy;
  const transports: Transport[] = [];

  function transportThrough(url: string, change: Partial<ConnectionOptions> = {}): Transport {
    const options = { proxy: new SecretText(url), ca: certificates.ca, ...change };
    const transport = TRANSPORTS[kind](optionsFor(vendor.origin, options));
    transports.push(transport);
    return transport;
  }

  beforeEach(async () => {
    vendor = await TestVendor.start(certificates.server);
    proxy = await ConnectProxy.start();
  });
  afterEach(async () => {
    await Promise.all(transports.splice(0).map(async (transport) => transport.close()));
    await proxy.stop();
    await vendor.stop();
  });

  it('sends ten queries through one tunnel, of which the proxy sees host and port', async () => {
    const transport = transportThrough(proxy.url());
    for (let query = 0; query < 10; query += 1) {
      await turn();
      await expect(send(transport)).resolves.toMatchObject({ status: 200, text: OK });
    }
    expect(proxy.asked).toEqual([`localhost:${vendor.port}`]);
    expect(proxy.authorizations).toEqual([undefined]);
    expect(vendor.sockets).toHaveLength(1);
    // Nothing shorter: two or three bytes come about by chance in what is encrypted.
    expect(proxy.seen).not.toMatch(/canary|secret|\/p\?s/);
  });

  it('sends what is sent again through a tunnel of its own', async () => {
    const transport = transportThrough(proxy.url());
    for (const freshConnection of [false, true, true]) {
      await turn();
      await send(transport, { freshConnection });
    }
    expect(proxy.asked).toHaveLength(3);
  });

  it('posts a body', async () => {
    vendor.answer = (request, response) => void request.pipe(response);
    const body = Buffer.from('x'.repeat(300_000));
    const { text } = await send(transportThrough(proxy.url()), { method: 'POST', body });
    expect(text).toBe(body.toString());
  });

  it.each([
    ['user:password@', 'user:password'],
    ['us%40er:p%25a%3Ass%2Fw%C3%B6rd@', 'us@er:p%a:ss/wörd'],
    ['user@', 'user:'],
    [':password@', ':password'],
  ])('says who it is: %s', async (credentials, expected) => {
    await send(transportThrough(proxy.url(credentials)));
    const [scheme, base64 = ''] = (proxy.authorizations[0] ?? '').split(' ');
    expect([scheme, Buffer.from(base64, 'base64').toString()]).toEqual(['Basic', expected]);
  });

  it('reaches a proxy over TLS, and verifies it', async () => {
    const secure = await ConnectProxy.start(certificates.proxy);
    const elsewhere = await ConnectProxy.start(certificates.elsewhere);
    try {
      await expect(send(transportThrough(secure.url('user:password@')))).resolves.toMatchObject({ text: OK });
      expect(secure.asked).toHaveLength(1);
      expect(secure.seen).not.toMatch(/canary/);

      const wrongName = await faultOf(send(transportThrough(elsewhere.url('user:hush@'))));
      expect(wrongName).toMatchObject({ code: 'UNREACHABLE', maybeCarriedOut: false });
      expect(wrongName.message).toContain('the proxy cannot be reached: ERR_TLS_CERT_ALTNAME_INVALID');
      const unknownCa = await faultOf(send(transportThrough(secure.url(), { ca: certificates.elsewhere.cert })));
      expect(unknownCa.message).toMatch(/the proxy cannot be reached: UNABLE_TO_VERIFY_LEAF_SIGNATURE$/);
      expect([...elsewhere.asked, ...secure.asked]).toHaveLength(1);
    } finally {
      await secure.stop();
      await elsewhere.stop();
    }
  });

  it('verifies the vendor behind it', async () => {
    const fault = await faultOf(send(transportThrough(proxy.url(), { ca: certificates.elsewhere.cert })));
    expect(fault).toMatchObject({ code: 'UNREACHABLE', maybeCarriedOut: false });
    expect(fault.message).toMatch(/: UNABLE_TO_VERIFY_LEAF_SIGNATURE$/);
  });

  it('reaches a vendor without TLS in the same way', async () => {
    await vendor.stop();
    vendor = await TestVendor.start();
    const transport = transportThrough(proxy.url());
    for (let query = 0; query < 3; query += 1) {
      await turn();
      await send(transport);
    }
    expect(proxy.asked).toEqual([`localhost:${vendor.port}`]);
    expect(proxy.seen).toContain(CANARY);
  });

  const says = (status: string): TunnelAnswer => {
    return (socket) => void socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 2\r\n\r\nno`);
  };

  it.each<[string, TunnelAnswer, boolean, string]>([
    [
      '407',
      says('407 who?'),
      false,
      'the proxy responded with HTTP 407: it wants a user name and a password, or other ones (proxy)',
    ],
    [
      '403',
      says('403 no'),
      false,
      'the proxy responded with HTTP 403: it does not let connections to this host through',
    ],
    ['502', says('502 later'), true, 'the proxy responded with HTTP 502'],
    ['302', says('302 there'), false, 'the proxy responded with HTTP 302'],
    ['nothing', (socket) => void socket.end(), true, 'the proxy cannot be reached: ECONNRESET'],
    ['a reset', (socket) => void socket.destroy(), true, 'the proxy cannot be reached: ECONNRESET'],
    ['no HTTP', (socket) => void socket.end('hush\r\n\r\n'), true, 'the proxy cannot be reached: HPE_INVALID_CONSTANT'],
  ])('tells what the proxy has answered, and nothing else of it: %s', async (_what, answer, retryable, expected) => {
    proxy.answer = answer;
    const fault = await faultOf(send(transportThrough(proxy.url('user:hush@'))));
    const actor = retryable ? 'vendor' : 'developer';
    expect(fault).toMatchObject({ code: 'UNREACHABLE', maybeCarriedOut: false, retryable, actor });
    expect(fault.message).toBe(`Tencent could not be reached: ${expected}`);
    const shown = inspect(fault, { depth: Infinity, showHidden: true });
    for (const hidden of ['hush', 'aHVza', CANARY, String(proxy.port), '127.0.0.1'])
      expect(shown).not.toContain(hidden);
    expect(vendor.sockets).toEqual([]);
  });

  it.each<[string, TunnelAnswer]>([
    ['before it answers', () => undefined],
    ['before the TLS of the vendor', (socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\n')],
  ])('waits no longer than connectTimeoutMs for one that hangs %s', async (_when, answer) => {
    proxy.answer = answer;
    const fault = await faultOf(send(transportThrough(proxy.url(), { connectTimeoutMs: 60 })));
    expect(fault).toMatchObject({ code: 'UNREACHABLE', maybeCarriedOut: false, retryable: true });
    expect(fault.message).toContain('connecting took longer than connectTimeoutMs');
  });

  it('has one time limit for tunnel and TLS together', async () => {
    // Nobody waits for it: it is reached when the test says so.
    const connectTimeoutMs = 61_234;
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const limits = (): (() => void)[] =>
      timers.mock.calls.flatMap(([reached, delayMs]) => (delayMs === connectTimeoutMs ? [reached] : []));
    try {
      let greeted = false;
      proxy.answer = (socket) => {
        // What comes through the tunnel is the beginning of TLS; it is not answered.
        socket.once('data', () => (greeted = true));
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
      };
      const failing = faultOf(send(transportThrough(proxy.url(), { connectTimeoutMs })));
      await until(() => greeted);
      const [limit, ...others] = limits();
      expect(others).toEqual([]);
      limit!();
      expect((await failing).message).toContain('connecting took longer than connectTimeoutMs');
    } finally {
      timers.mockRestore();
    }
  });

  it('tells that there is no proxy', async () => {
    const url = proxy.url('user:hush@');
    await proxy.stop();
    const fault = await faultOf(send(transportThrough(url)));
    proxy = await ConnectProxy.start();
    expect(fault).toMatchObject({ code: 'UNREACHABLE', maybeCarriedOut: false, retryable: true });
    expect(fault.message).toBe('Tencent could not be reached: the proxy cannot be reached: ECONNREFUSED');
  });
});
