import { Agent } from 'node:https';
import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { HttpService } from '@nestjs/axios';
import axios, { Axios, type CreateAxiosDefaults } from 'axios';
import nock from 'nock';
import { SecretText } from '../../runtime/secret-text.js';
import { makeCertificates } from './certificates.test-support.js';
import { ConnectProxy } from './connect-proxy.test-support.js';
import type { ConnectionOptions } from './connector.js';
import { HttpServiceTransport } from './http-service.transport.js';
import { CANARY, faultOf, OK, optionsFor, REQUEST, send, TestVendor, until } from './test-vendor.test-support.js';

const certificates = makeCertificates();
const { ca } = certificates;

function httpServiceWith(defaults: CreateAxiosDefaults): HttpService {
  // axios has one set of types for each module system, and they do not match each other.
  return new HttpService(axios.create(defaults) as unknown as ConstructorParameters<typeof HttpService>[0]);
}

describe('the transport on HttpService', () => {
  let vendor: TestVendor;
  const transports: HttpServiceTransport[] = [];

  function transportWith(change: Partial<ConnectionOptions> = {}, shared?: HttpService): HttpServiceTransport {
    const transport = new HttpServiceTransport(optionsFor(vendor.origin, change), shared ?? { HttpService, Axios });
    transports.push(transport);
    return transport;
  }

  beforeEach(async () => {
    vendor = await TestVendor.start(certificates.server);
  });
  afterEach(async () => {
    for (const transport of transports.splice(0)) transport.close();
    await vendor.stop();
  });

  it('is intercepted by nock', async () => {
    nock('https://idasc.webank.com').get(REQUEST.pathAndQuery).reply(201, OK);
    try {
      const transport = new HttpServiceTransport(optionsFor('https://idasc.webank.com'), { HttpService, Axios });
      transports.push(transport);
      await expect(send(transport)).resolves.toMatchObject({ status: 201, text: OK });
      expect(nock.isDone()).toBe(true);
    } finally {
      nock.cleanAll();
      nock.restore();
    }
  });

  it('has an instance that nobody else has, whatever the application sets for all of axios', async () => {
    const { timeout, headers } = axios.defaults;
    const seen: unknown[] = [];
    const id = axios.interceptors.request.use((config) => {
      seen.push(config.url);
      return config;
    });
    axios.defaults.timeout = 1;
    axios.defaults.maxContentLength = 1;
    axios.defaults.maxBodyLength = 1;
    axios.defaults.proxy = { host: '127.0.0.1', port: 1 };
    vendor.answer = (_request, response) => void setTimeout(() => response.end(OK), 50);
    try {
      const post = { method: 'POST', body: Buffer.from(OK) } as const;
      await expect(send(transportWith({ ca }), post)).resolves.toMatchObject({ text: OK });
      expect(seen).toEqual([]);
    } finally {
      axios.interceptors.request.eject(id);
      Object.assign(axios.defaults, { timeout, headers, maxContentLength: -1, maxBodyLength: -1, proxy: undefined });
    }
  });

  describe("with the application's own instance", () => {
    it('shows its interceptors everything: that is the risk', async () => {
      const shared = httpServiceWith({});
      let seen = '';
      shared.axiosRef.interceptors.request.use((config) => {
        seen += config.url;
        config.headers.set('x-mark', 'theirs');
        return config;
      });
      vendor.answer = ({ headers }, response) => void response.end(headers['x-mark']);
      await expect(send(transportWith({ ca }, shared))).resolves.toMatchObject({ text: 'theirs' });
      expect(seen).toContain(CANARY);
    });

    it('makes the connections itself as long as that instance does not say how', async () => {
      const proxy = await ConnectProxy.start();
      const transport = transportWith({ ca, proxy: new SecretText(proxy.url()) }, httpServiceWith({ timeout: 1 }));
      await expect(send(transport)).resolves.toMatchObject({ text: OK });
      expect(proxy.asked).toHaveLength(1);
      await proxy.stop();
    });

    it('leaves the way to the agents of that instance', async () => {
      const httpsAgent = new Agent({ ca, keepAlive: true });
      const transport = transportWith({}, httpServiceWith({ httpsAgent, proxy: false }));
      for (const freshConnection of [false, true]) {
        await expect(send(transport, { freshConnection })).resolves.toMatchObject({ text: OK });
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(vendor.sockets).toHaveLength(1);
      expect(await faultOf(send(transportWith({}, httpServiceWith({}))))).toMatchObject({ code: 'UNREACHABLE' });
      httpsAgent.destroy();
    });

    it.each<[string, (body: Readable) => unknown]>([
      ['the JSON', json],
      ['a text', () => `{"code":"0","access_token":"${CANARY}"}`],
      ['nothing', () => undefined],
    ])('is blamed when it gives %s instead of a stream, nothing of which is shown', async (_what, give) => {
      vendor.answer = (_request, response) => void response.end(`{"code":"0","access_token":"${CANARY}"}`);
      const shared = httpServiceWith({});
      shared.axiosRef.interceptors.response.use(async (response) => {
        return { ...response, data: await give(response.data as Readable) };
      });
      const fault = await faultOf(send(transportWith({ ca }, shared)));
      expect(fault).toMatchObject({ code: 'UNREACHABLE', actor: 'developer', retryable: false, maybeCarriedOut: true });
      expect(fault.message).toContain('httpService must answer with a stream');
      expect(inspect(fault, { depth: Infinity, showHidden: true })).not.toContain(CANARY);
    });

    it('ends its own calls at the end, and not the connections of that instance', async () => {
      const httpsAgent = new Agent({ ca, keepAlive: true });
      vendor.answer = (_request, response) => void response.write('{');
      const transport = transportWith({}, httpServiceWith({ httpsAgent }));
      const failing = faultOf(send(transport));
      await until(() => vendor.open === 1);
      transport.close();
      expect(await failing).toMatchObject({ code: 'UNREACHABLE', retryable: false });
      httpsAgent.destroy();
    });

    it('leaves the way to the proxy of that instance', async () => {
      await vendor.stop();
      vendor = await TestVendor.start();
      const proxy = await ConnectProxy.start();
      const shared = httpServiceWith({ proxy: { protocol: 'http', host: '127.0.0.1', port: proxy.port } });
      await expect(send(transportWith({}, shared))).resolves.toMatchObject({ status: 405 });
      expect(proxy.seen).toContain(`GET ${vendor.origin}/p?`);
      expect(vendor.sockets).toEqual([]);
      await proxy.stop();
    });
  });
});
