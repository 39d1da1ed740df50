import { makeCertificates } from './certificates.contract.js';
import { faultOf, OK, optionsFor, send, TestVendor, TRANSPORT_KINDS, TRANSPORTS } from './test-vendor.contract.js';
import type { Transport } from './transport.js';

const certificates = makeCertificates();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(TRANSPORT_KINDS)('the connections of %s', (kind) => {
  let vendor: TestVendor;
  let transport: Transport;

  beforeEach(async () => {
    vendor = await TestVendor.start(certificates.server);
    transport = TRANSPORTS[kind](optionsFor(vendor.origin, { ca: certificates.ca, connectTimeoutMs: 20_000 }));
  });
  afterEach(async () => {
    await transport.close();
    await vendor.stop();
  });

  it('are as many as queries at a time, however many queries there are', async () => {
    vendor.answer = (_request, response) => void setTimeout(() => response.end(OK), 1);
    const texts: string[] = [];
    const inTurn = async (): Promise<void> => {
      for (let query = 0; query < 10; query += 1) texts.push((await send(transport)).text);
    };
    await Promise.all(Array.from({ length: 20 }, inTurn));
    expect(texts).toEqual(Array.from({ length: 200 }, () => OK));
    expect(vendor.sockets.length).toBeLessThanOrEqual(20);
  });

  it('serve queries one after the other', async () => {
    for (let query = 0; query < 10; query += 1) {
      await pause(1);
      await send(transport);
    }
    expect(vendor.sockets).toHaveLength(1);
  });

  it('are used again after a longer rest than undici by itself would allow, whatever the server promises', async () => {
    const promising = await TestVendor.start();
    promising.server.keepAliveTimeout = 60_000;
    vendor.server.keepAliveTimeout = 0;
    const toPromising = TRANSPORTS[kind](optionsFor(promising.origin));
    const both = (): Promise<unknown> => Promise.all([send(transport), send(toPromising)]);
    await both();
    await pause(5_000);
    await both();
    await toPromising.close();
    await promising.stop();
    expect([vendor.sockets.length, promising.sockets.length]).toEqual([1, 1]);
  });

  it('are replaced after the server has closed them', async () => {
    await send(transport);
    vendor.sockets[0]?.end();
    await pause(30);
    await expect(send(transport)).resolves.toMatchObject({ text: OK });
    expect(vendor.sockets).toHaveLength(2);
  });

  it('are not trusted for what is sent again: one that dies under a query is followed by a new one', async () => {
    await Promise.all([send(transport), send(transport), send(transport)]);
    const kept = vendor.sockets.length;
    // What a server does that closes idle connections in the moment in which the next query comes.
    for (const socket of vendor.sockets) socket.prependOnceListener('data', () => socket.resetAndDestroy());
    expect(await faultOf(send(transport))).toMatchObject({
      code: 'UNREACHABLE',
      retryable: true,
      maybeCarriedOut: true,
    });
    await expect(send(transport, { freshConnection: true })).resolves.toMatchObject({ text: OK });
    expect(vendor.sockets).toHaveLength(kept + 1);
  });
});
