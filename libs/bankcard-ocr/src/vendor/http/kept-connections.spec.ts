import { once } from 'node:events';
import { makeCertificates } from './certificates.test-support.js';
import { IDLE_CONNECTION_MS } from './pooling.transport.js';
import { lineForEachTest } from './test-line.test-support.js';
import { faultOf, OK, optionsFor, send, TestVendor, TRANSPORT_KINDS, TRANSPORTS } from './test-vendor.test-support.js';

const certificates = makeCertificates();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(TRANSPORT_KINDS)('the connections of %s', (kind) => {
  const line = lineForEachTest(kind, certificates.server, { ca: certificates.ca, connectTimeoutMs: 20_000 });

  it('are as many as queries at a time, however many queries there are', async () => {
    line.vendor.answer = (_request, response) => void setTimeout(() => response.end(OK), 1);
    const texts: string[] = [];
    const inTurn = async (): Promise<void> => {
      for (let query = 0; query < 10; query += 1) texts.push((await send(line.transport)).text);
    };
    await Promise.all(Array.from({ length: 20 }, inTurn));
    expect(texts).toEqual(Array.from({ length: 200 }, () => OK));
    expect(line.vendor.sockets.length).toBeLessThanOrEqual(20);
  });

  it('serve queries one after the other', async () => {
    for (let query = 0; query < 10; query += 1) {
      await pause(1);
      await send(line.transport);
    }
    expect(line.vendor.sockets).toHaveLength(1);
  });

  it('are replaced after the server has closed them', async () => {
    await send(line.transport);
    const [first] = line.vendor.sockets;
    first!.end();
    // The other end closes it as well when it has seen that.
    await once(first!, 'close');
    await pause(1);
    await expect(send(line.transport)).resolves.toMatchObject({ text: OK });
    expect(line.vendor.sockets).toHaveLength(2);
  });

  it('are not trusted for what is sent again: one that dies under a query is followed by a new one', async () => {
    await Promise.all([send(line.transport), send(line.transport), send(line.transport)]);
    const kept = line.vendor.sockets.length;
    // What a server does that closes idle connections in the moment in which the next query comes.
    for (const socket of line.vendor.sockets) socket.prependOnceListener('data', () => socket.resetAndDestroy());
    expect(await faultOf(send(line.transport))).toMatchObject({
      code: 'UNREACHABLE',
      retryable: true,
      maybeCarriedOut: true,
    });
    await expect(send(line.transport, { freshConnection: true })).resolves.toMatchObject({ text: OK });
    expect(line.vendor.sockets).toHaveLength(kept + 1);
  });
});

/** undici by itself would drop idle connections after 4 s. */
const REST_MS = 5_000;

describe('the connections of both transports', () => {
  it('are used again after a longer rest than undici by itself would allow, whatever the server promises', async () => {
    for (;;) {
      const lines = await Promise.all(
        TRANSPORT_KINDS.flatMap((kind) =>
          [0, 60_000].map(async (promisedMs) => {
            const vendor = await TestVendor.start();
            vendor.server.keepAliveTimeout = promisedMs;
            return { kind, promisedMs, vendor, transport: TRANSPORTS[kind](optionsFor(vendor.origin)) };
          }),
        ),
      );
      const sendAll = (): Promise<unknown> => Promise.all(lines.map(({ transport }) => send(transport)));
      const began = performance.now();
      await sendAll();
      await pause(REST_MS);
      await sendAll();
      const tookMs = performance.now() - began;
      const made = lines.map(({ kind, promisedMs, vendor }) => `${kind} ${promisedMs}: ${vendor.sockets.length}`);
      for (const { transport, vendor } of lines) {
        await transport.close();
        await vendor.stop();
      }
      // On a machine that stood still until the connections may be dropped, this says nothing.
      if (tookMs >= IDLE_CONNECTION_MS) continue;
      expect(made).toEqual(lines.map(({ kind, promisedMs }) => `${kind} ${promisedMs}: 1`));
      return;
    }
  });
});
