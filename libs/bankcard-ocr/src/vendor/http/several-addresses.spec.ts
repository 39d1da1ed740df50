import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { LookupAddress } from 'node:dns';
import { SecretText } from '../../runtime/secret-text.js';
import { makeCertificates } from './certificates.test-support.js';
import type { ConnectionOptions } from './connector.js';
import { ConnectProxy } from './connect-proxy.test-support.js';
import { faultOf, OK, optionsFor, send, TestVendor, TRANSPORT_KINDS, TRANSPORTS } from './test-vendor.test-support.js';

/** Nothing listens there. */
const REFUSING = '127.0.0.8';
const ANSWERING = '127.0.0.1';
/** A {@link SilentAddress}. */
const SILENT = '127.0.0.9';

type Lookup = NonNullable<ConnectionOptions['lookup']>;

const addresses = (...all: string[]): Lookup => {
  const found = all.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }));
  return ((_hostname: string, _options: object, done: (...given: unknown[]) => void) => {
    setImmediate(done, null, found);
  }) as Lookup;
};

/** More of Node's 250 ms than one attempt: an address that is given up then has lost. A slow machine waits longer: no less. */
const longerThanNodeWaits = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 600));

/** Of a queue of one. */
const MORE_THAN_GET_IN = 16;

/** An address that takes connections in only once it {@link wakes}: its process stands still, and its queue is full. */
class SilentAddress {
  private constructor(
    private readonly child: ChildProcess,
    private readonly filling: readonly Socket[],
  ) {}

  static async start(port: number): Promise<SilentAddress> {
    const serve = `require('node:net').createServer((s) => s.on('error', () => {}).on('data', () =>
      s.end('HTTP/1.1 200 OK\\r\\ncontent-length: 12\\r\\n\\r\\n{"code":"0"}')))
      .listen({ port: ${port}, host: '${SILENT}', backlog: 1 }, () => console.log('listening'));`;
    const child = spawn(process.execPath, ['-e', serve], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGSTOP');
    // The kernel lets the first two or so in, while `connect` is called, and has no room for the others.
    const filling = Array.from({ length: MORE_THAN_GET_IN }, () => {
      return connect(port, SILENT).on('error', () => undefined);
    });
    await once(filling[0]!, 'connect');
    return new SilentAddress(child, filling);
  }

  wakes(): void {
    for (const socket of this.filling) socket.destroy();
    this.child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    this.wakes();
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, ANSWERING);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.each(TRANSPORT_KINDS)('a host with several addresses, over %s', (kind) => {
  it('is reached at the only one that can be, however long that takes, within connectTimeoutMs', async () => {
    const port = await freePort();
    const silent = await SilentAddress.start(port);
    const lookup = addresses(SILENT, REFUSING);
    const origin = `http://vendor.example:${port}`;
    const transport = TRANSPORTS[kind](optionsFor(origin, { lookup, connectTimeoutMs: 60_000 }));
    try {
      const sending = send(transport);
      await longerThanNodeWaits();
      silent.wakes();
      await expect(sending).resolves.toMatchObject({ text: OK });
    } finally {
      await transport.close();
      await silent.stop();
    }
  });

  it('is reached at the next one after a third of connectTimeoutMs', async () => {
    const vendor = await TestVendor.start();
    const silent = await SilentAddress.start(vendor.port);
    const lookup = addresses(SILENT, ANSWERING);
    const origin = `http://vendor.example:${vendor.port}`;
    const transport = TRANSPORTS[kind](optionsFor(origin, { lookup, connectTimeoutMs: 9_000 }));
    await expect(send(transport)).resolves.toMatchObject({ text: OK });
    await transport.close();
    await silent.stop();
    await vendor.stop();
  });

  it('is unreachable when all are silent until connectTimeoutMs', async () => {
    const port = await freePort();
    const silent = await SilentAddress.start(port);
    const lookup = addresses(SILENT, SILENT);
    const origin = `http://vendor.example:${port}`;
    const transport = TRANSPORTS[kind](optionsFor(origin, { lookup, connectTimeoutMs: 400 }));
    const fault = await faultOf(send(transport));
    expect(fault).toMatchObject({ code: 'UNREACHABLE', maybeCarriedOut: false });
    expect(fault.message).toContain('connecting took longer than connectTimeoutMs');
    await transport.close();
    await silent.stop();
  });

  it.each<[string, Lookup, RegExp]>([
    ['all refuse', addresses(REFUSING, REFUSING, REFUSING), /: ECONNREFUSED$/],
    [
      'the name is unknown',
      ((_hostname: string, _options: object, done: (error: Error) => void) => {
        setImmediate(done, Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
      }) as Lookup,
      /: ENOTFOUND$/,
    ],
  ])('is unreachable when %s, and nothing was sent', async (_what, lookup, message) => {
    const origin = `http://vendor.example:${await freePort()}`;
    const transport = TRANSPORTS[kind](optionsFor(origin, { lookup }));
    const fault = await faultOf(send(transport));
    expect(fault).toMatchObject({ code: 'UNREACHABLE', maybeCarriedOut: false, retryable: true });
    expect(fault.message).toMatch(message);
    await transport.close();
  });

  it('is reached over TLS at the first that answers, and its certificate is that of the name', async () => {
    const certificates = makeCertificates();
    const vendor = await TestVendor.start(certificates.server);
    const change = { lookup: addresses(REFUSING, ANSWERING), ca: certificates.ca };
    const transport = TRANSPORTS[kind](optionsFor(`https://localhost:${vendor.port}`, change));
    await expect(send(transport)).resolves.toMatchObject({ text: OK });
    const elsewhere = TRANSPORTS[kind](optionsFor(`https://vendor.example:${vendor.port}`, change));
    expect((await faultOf(send(elsewhere))).message).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    await transport.close();
    await elsewhere.close();
    await vendor.stop();
  });

  it('may be that of the proxy', async () => {
    const vendor = await TestVendor.start();
    const proxy = await ConnectProxy.start();
    const silent = await SilentAddress.start(proxy.port);
    const change = (lookup: Lookup) => ({
      lookup,
      connectTimeoutMs: 9_000,
      proxy: new SecretText(`http://proxy.example:${proxy.port}`),
    });
    const transport = TRANSPORTS[kind](optionsFor(vendor.origin, change(addresses(SILENT, REFUSING, ANSWERING))));
    await expect(send(transport)).resolves.toMatchObject({ text: OK });
    expect(proxy.asked).toHaveLength(1);
    const unreachable = TRANSPORTS[kind](optionsFor(vendor.origin, change(addresses(REFUSING, REFUSING))));
    expect((await faultOf(send(unreachable))).message).toMatch(/the proxy cannot be reached: ECONNREFUSED$/);
    await transport.close();
    await unreachable.close();
    await silent.stop();
    await proxy.stop();
    await vendor.stop();
  });
});
