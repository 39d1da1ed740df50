import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import http from 'node:http';
import net from 'node:net';
import { ApplicationTracing, type Sighting } from '../../../../../test/support/application-tracing.js';
import { SecretText } from '../../runtime/secret-text.js';
import { ConnectProxy } from './connect-proxy.test-support.js';
import {
  optionsFor,
  REQUEST,
  TestVendor,
  TextReceiver,
  TRANSPORT_KINDS,
  TRANSPORTS,
} from './test-vendor.test-support.js';
import { type ResponseListener, startUntraced, type Transport } from './transport.js';

/** What Node and undici tell of a request that is made. */
const CHANNELS = ['http.client.request.start', 'undici:request:create', 'undici:client:sendHeaders'];
const IN_TRACE = { suppressed: false, span: 'request', baggage: 'baggage' };

describe.each(TRANSPORT_KINDS)('a request over %s, in an application that traces', (kind) => {
  let vendor: TestVendor;
  let tracing: ApplicationTracing;
  let seen: (Sighting & { readonly where: string })[];

  const note = (_message: unknown, where: string | symbol): void => {
    seen.push({ where: String(where), ...tracing.look() });
  };
  /** Send as a handler of the application does, in its span. */
  const send = async (transport: Transport, receiver: ResponseListener): Promise<void> => {
    await tracing.inSpan('request', async () => startUntraced(transport, REQUEST, receiver).finished);
  };

  beforeEach(async () => {
    vendor = await TestVendor.start();
    tracing = new ApplicationTracing();
    seen = [];
    for (const name of CHANNELS) subscribe(name, note);
    const { connect } = net.Socket.prototype;
    jest.spyOn(net.Socket.prototype, 'connect').mockImplementation(function (this: net.Socket, ...given: unknown[]) {
      const [{ port }] = given.flat() as [{ port?: unknown }];
      note(undefined, `connect to ${String(port)}`);
      return (connect as (...args: unknown[]) => net.Socket).apply(this, given);
    });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    for (const name of CHANNELS) unsubscribe(name, note);
    tracing[Symbol.dispose]();
    await vendor.stop();
  });

  it.each([
    ['directly', false],
    ['through a proxy', true],
  ])('%s is hidden from the connecting on', async (_way, tunnel) => {
    const proxy = tunnel ? await ConnectProxy.start() : undefined;
    const firstPort = proxy?.port ?? vendor.port;
    const change = proxy ? { proxy: new SecretText(proxy.url()) } : {};
    const transport = TRANSPORTS[kind](optionsFor(vendor.origin, change));
    await send(transport, new TextReceiver());
    // The second one finds the connection that the first has made.
    await send(transport, new TextReceiver());
    await transport.close();
    // The rest of the way is the proxy's, which runs in this process too.
    const ours = seen.filter(({ where }) => !proxy || where !== `connect to ${vendor.port}`);
    await proxy?.stop();
    const places = ours.map(({ where }) => where);
    expect(places).toContain(`connect to ${firstPort}`);
    expect(places).toContain(CHANNELS[kind === 'undici' ? 1 : 0]);
    expect(ours.filter(({ suppressed, span }) => !suppressed || span !== undefined)).toEqual([]);
  });

  it('makes another connection when those that are kept lead to a wrong server', async () => {
    const transport = TRANSPORTS[kind](optionsFor(vendor.origin));
    await send(transport, new TextReceiver());
    // undici takes a connection for free a turn of the event loop after the response.
    await new Promise((resolve) => setImmediate(resolve));
    await send(transport, new TextReceiver());
    await new Promise((resolve) => setImmediate(resolve));
    expect(vendor.sockets).toHaveLength(1);
    transport.dropConnections();
    await send(transport, new TextReceiver());
    expect(vendor.sockets).toHaveLength(2);
    await transport.close();
  });

  it('is received in the trace of whoever asked', async () => {
    const transport = TRANSPORTS[kind](optionsFor(vendor.origin));
    const sightings: Sighting[] = [];
    const receiver: ResponseListener = {
      head: () => void sightings.push(tracing.look()),
      received: () => undefined,
      data: () => {
        sightings.push(tracing.look());
        return undefined;
      },
    };
    await send(transport, receiver);
    // On a kept connection, which began in another trace.
    await send(transport, receiver);
    await transport.close();
    expect(sightings).toEqual([IN_TRACE, IN_TRACE, IN_TRACE, IN_TRACE]);
  });

  it('shows no query to those that look at a request when its response comes', async () => {
    // Breadcrumbs of Sentry are made of these, whether the request is traced or not.
    const channels = ['undici:request:headers', 'http.client.response.finish'];
    const paths: string[] = [];
    const received: (string | undefined)[] = [];
    const look = (message: unknown) => void paths.push((message as { request: { path: string } }).request.path);
    for (const name of channels) subscribe(name, look);
    vendor.answer = (request, response) => {
      received.push(request.url);
      response.end();
    };
    try {
      const transport = TRANSPORTS[kind](optionsFor(vendor.origin, { maxConnections: 1 }));
      // The second one waits for the connection of the first.
      await Promise.all([send(transport, new TextReceiver()), send(transport, new TextReceiver())]);
      const request = { ...REQUEST, method: 'POST' as const, body: Buffer.from('{}') };
      await tracing.inSpan('request', async () => startUntraced(transport, request, new TextReceiver()).finished);
      await transport.close();
      expect(received).toEqual(Array.from({ length: 3 }, () => REQUEST.pathAndQuery));
      expect(paths).toEqual(['/p', '/p', '/p']);
    } finally {
      for (const name of channels) unsubscribe(name, look);
    }
  });

  it('brings the vendor no header that observers of undici and of Node add', async () => {
    const add = (message: unknown): void => {
      (message as { request: { addHeader(name: string, value: string): void } }).request.addHeader('sentry-trace', '1');
    };
    subscribe('undici:request:create', add);
    const { request: original } = http;
    jest.spyOn(http, 'request').mockImplementation(((...given: Parameters<typeof http.request>) => {
      const request = original(...given);
      request.setHeader('sentry-trace', '1');
      const { end } = request;
      // As late as Sentry: when Node makes the head.
      request.end = (...body: unknown[]) => {
        request.setHeader('baggage', '1');
        return Reflect.apply(end, request, body) as http.ClientRequest;
      };
      return request;
    }) as typeof http.request);
    try {
      let names: string[] = [];
      vendor.answer = ({ headers }, response) => {
        names = Object.keys(headers);
        response.end();
      };
      const transport = TRANSPORTS[kind](optionsFor(vendor.origin));
      await send(transport, new TextReceiver());
      await transport.close();
      expect(names).toEqual(expect.arrayContaining(['accept', 'accept-encoding', 'host']));
      expect(names).not.toContain('sentry-trace');
      expect(names).not.toContain('baggage');
    } finally {
      unsubscribe('undici:request:create', add);
    }
  });
});
