import type dns from 'node:dns';
import type { TLSSocket } from 'node:tls';
import { makeCertificates } from './certificates.test-support.js';
import { ConnectProxy } from './connect-proxy.test-support.js';
import type { ConnectionOptions } from './connector.js';
import { SecretText } from '../../runtime/secret-text.js';
import { faultOf, OK, optionsFor, send, TestVendor, TRANSPORT_KINDS, TRANSPORTS } from './test-vendor.test-support.js';

const certificates = makeCertificates();

const nothingMayBeSent = (): never => {
  throw new Error('nothing may be sent');
};

describe.each(TRANSPORT_KINDS)('TLS over %s', (kind) => {
  let vendor: TestVendor;

  async function outcome(change: Partial<ConnectionOptions>, origin = vendor.origin): Promise<string> {
    const transport = TRANSPORTS[kind](optionsFor(origin, change));
    try {
      // The second one could use the session of the first.
      for (const freshConnection of [false, true]) {
        const sending = send(transport, { freshConnection });
        const answer = await sending.catch(() => undefined);
        if (answer) continue;
        const { code, maybeCarriedOut, message } = await faultOf(sending);
        expect({ code, maybeCarriedOut }).toEqual({ code: 'UNREACHABLE', maybeCarriedOut: false });
        if (freshConnection) return message;
      }
      return OK;
    } finally {
      await transport.close();
    }
  }

  afterEach(() => vendor.stop());

  const { ca, server, elsewhere } = certificates;

  it('trusts a CA of its own, by host name and by address', async () => {
    vendor = await TestVendor.start(server);
    expect(await outcome({ ca })).toBe(OK);
    expect(await outcome({ ca: [elsewhere.cert, Buffer.from(ca)] })).toBe(OK);
    expect(await outcome({ ca }, `https://127.0.0.1:${vendor.port}`)).toBe(OK);
  });

  it('names the host to the server without the dot at its end', async () => {
    vendor = await TestVendor.start(server);
    const names: unknown[] = [];
    vendor.server.on('secureConnection', ({ servername }: TLSSocket) => names.push(servername));
    const lookup = ((_host: string, _options: unknown, found: (...result: unknown[]) => void) =>
      found(null, [{ address: '127.0.0.1', family: 4 }])) as unknown as typeof dns.lookup;
    expect(await outcome({ ca, lookup }, `https://localhost.:${vendor.port}`)).toBe(OK);
    expect(names).toEqual(['localhost', 'localhost']);
  });

  it('refuses a CA that nobody knows', async () => {
    vendor = await TestVendor.start(server);
    vendor.answer = nothingMayBeSent;
    expect(await outcome({})).toMatch(/: UNABLE_TO_VERIFY_LEAF_SIGNATURE$/);
    expect(await outcome({ ca: elsewhere.cert })).toMatch(/: UNABLE_TO_VERIFY_LEAF_SIGNATURE$/);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('refuses the certificate of another host, over %s', async (version) => {
    vendor = await TestVendor.start({ ...elsewhere, minVersion: version, maxVersion: version });
    vendor.answer = nothingMayBeSent;
    expect(await outcome({ ca })).toMatch(/: ERR_TLS_CERT_ALTNAME_INVALID$/);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'takes up the session of an earlier connection, over %s',
    async (version) => {
      vendor = await TestVendor.start({ ...server, minVersion: version, maxVersion: version });
      const resumed: boolean[] = [];
      vendor.server.on('secureConnection', (socket: { isSessionReused(): boolean }) =>
        resumed.push(socket.isSessionReused()),
      );
      expect(await outcome({ ca })).toBe(OK);
      expect(resumed).toEqual([false, true]);
    },
  );

  it('refuses a server that speaks nothing newer than TLS 1.1', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    vendor = await TestVendor.start({ ...server, ...old });
    vendor.answer = nothingMayBeSent;
    expect(await outcome({ ca })).toMatch(/: (ERR_SSL_\w+|ECONNRESET|EPROTO)$/);
  });

  it('is the same through a proxy', async () => {
    vendor = await TestVendor.start(elsewhere);
    vendor.answer = nothingMayBeSent;
    const proxy = await ConnectProxy.start();
    try {
      const through = new SecretText(proxy.url());
      expect(await outcome({ ca, proxy: through })).toMatch(/: ERR_TLS_CERT_ALTNAME_INVALID$/);
      await vendor.stop();
      vendor = await TestVendor.start(server);
      expect(await outcome({ ca, proxy: through })).toBe(OK);
      expect(await outcome({ proxy: through })).toMatch(/: UNABLE_TO_VERIFY_LEAF_SIGNATURE$/);
    } finally {
      await proxy.stop();
    }
  });

  it('does not let a connection that never becomes secure last', async () => {
    vendor = await TestVendor.start();
    vendor.server.removeAllListeners('connection').on('connection', (socket) => vendor.sockets.push(socket));
    const transport = TRANSPORTS[kind](optionsFor(`https://localhost:${vendor.port}`, { connectTimeoutMs: 60 }));
    const fault = await faultOf(send(transport));
    expect(fault).toMatchObject({ code: 'UNREACHABLE', maybeCarriedOut: false, retryable: true });
    expect(fault.message).toContain('connecting took longer than connectTimeoutMs');
    await transport.close();
  });

  it('may have carried out what was cut off after it was sent', async () => {
    vendor = await TestVendor.start(server);
    vendor.answer = (request) => request.socket.destroy();
    const transport = TRANSPORTS[kind](optionsFor(vendor.origin, { ca }));
    expect(await faultOf(send(transport))).toMatchObject({ code: 'UNREACHABLE', maybeCarriedOut: true });
    await transport.close();
  });
});
