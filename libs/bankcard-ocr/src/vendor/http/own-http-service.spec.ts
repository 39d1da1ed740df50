import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import axios, { type AxiosRequestConfig } from 'axios';
import { CANARY, OK, optionsFor, send, TestVendor, TRANSPORT_KINDS, TRANSPORTS } from './test-vendor.test-support.js';

/** What an application sets for all of axios, or what has got into every object. */
type Setting = readonly [what: string, target: object, name: string, value: unknown];

const { defaults } = axios;
const { common } = defaults.headers;
const elsewhere = path.join(tmpdir(), `bankcard-ocr-${process.pid}.sock`);
const reject = (): never => {
  throw new Error('the application was asked');
};

const SETTINGS: readonly Setting[] = [
  ['Authorization for every request', common, 'Authorization', 'Bearer of-the-application'],
  ['a header of its own for every request', common, 'x-internal-key', 'of-the-application'],
  ['headers of GET', defaults.headers, 'get', { 'x-internal-key': 'of-the-application' }],
  ['headers of POST', defaults.headers, 'post', { 'x-internal-key': 'of-the-application', 'content-type': 'text/x' }],
  ['a header beside those', defaults.headers, 'x-internal-key', 'of-the-application'],
  ['auth', defaults, 'auth', { username: 'application', password: 'of-the-application' }],
  ['params', defaults, 'params', { api_key: 'of-the-application' }],
  ['paramsSerializer', defaults, 'paramsSerializer', { serialize: () => 'api_key=of-the-application' }],
  ['baseURL', defaults, 'baseURL', 'http://127.0.0.1:1'],
  ['url', defaults, 'url', '/of-the-application'],
  ['adapter', defaults, 'adapter', reject],
  ['socketPath', defaults, 'socketPath', elsewhere],
  ['proxy', defaults, 'proxy', { host: '127.0.0.1', port: 1 }],
  ['transport', defaults, 'transport', { request: reject }],
  ['lookup', defaults, 'lookup', reject],
  ['transformRequest', defaults, 'transformRequest', [reject]],
  ['transformResponse', defaults, 'transformResponse', [reject]],
  ['validateStatus', defaults, 'validateStatus', () => false],
  ['responseType', defaults, 'responseType', 'json'],
  ['decompress', defaults, 'decompress', true],
  ['maxRedirects', defaults, 'maxRedirects', 5],
  ['timeout', defaults, 'timeout', 1],
  ['maxContentLength', defaults, 'maxContentLength', 1],
  ['maxBodyLength', defaults, 'maxBodyLength', 1],
  ['maxRate', defaults, 'maxRate', 1],
  ['onUploadProgress', defaults, 'onUploadProgress', reject],
  ['onDownloadProgress', defaults, 'onDownloadProgress', reject],
  ['beforeRedirect', defaults, 'beforeRedirect', reject],
  ['withCredentials', defaults, 'withCredentials', true],
  ['signal', defaults, 'signal', AbortSignal.abort()],
  ['transitional', defaults, 'transitional', { unknown: true }],
  ['socketPath in every object', Object.prototype, 'socketPath', elsewhere],
  ['auth in every object', Object.prototype, 'auth', { username: 'application', password: 'of-the-application' }],
  ['params in every object', Object.prototype, 'params', { api_key: 'of-the-application' }],
  ['transport in every object', Object.prototype, 'transport', { request: reject }],
];

describe.each(TRANSPORT_KINDS)('over %s', (kind) => {
  let vendor: TestVendor;
  let seen: unknown[];
  let askedElsewhere = 0;
  const other = createServer((_request, response) => {
    askedElsewhere += 1;
    response.end(OK);
  });

  beforeAll(() => new Promise<void>((resolve) => void other.listen(elsewhere, resolve)));
  afterAll(() => new Promise<void>((resolve) => void other.close(() => resolve())));
  beforeEach(async () => {
    vendor = await TestVendor.start();
    seen = [];
    askedElsewhere = 0;
    vendor.answer = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, rawHeaders } = request;
        seen.push({ method, url, headers: rawHeaders.toSorted(), body: Buffer.concat(chunks).toString() });
        // A redirect is an answer like any other.
        response.writeHead(302, { location: '/elsewhere' }).end(OK);
      });
    };
  });
  afterEach(async () => vendor.stop());

  /** What the vendor sees of a GET and of a POST. */
  async function exchange(setting?: Setting, when?: 'before' | 'after'): Promise<unknown[]> {
    if (when === 'before') apply(setting!);
    const transport = TRANSPORTS[kind](optionsFor(vendor.origin));
    if (when === 'after') apply(setting!);
    try {
      for (const change of [{}, { method: 'POST', body: Buffer.from(`{"a":"${CANARY}"}`) } as const]) {
        await expect(send(transport, change)).resolves.toMatchObject({ status: 302, text: OK });
      }
    } finally {
      if (setting) takeBack(setting);
      await transport.close();
    }
    return seen.splice(0);
  }

  describe.each(['before', 'after'] as const)('what an application sets %s the first account was made', (when) => {
    it.each(SETTINGS)('%s changes nothing', async (...setting) => {
      const usual = await exchange();
      expect(usual).toHaveLength(2);
      expect(await exchange(setting, when)).toEqual(usual);
      expect(askedElsewhere).toBe(0);
    });
  });

  it('interceptors of all of axios hear of nothing', async () => {
    const hear = jest.fn((config: unknown) => config) as <T>(config: T) => T;
    const request = axios.interceptors.request.use(hear);
    const response = axios.interceptors.response.use(hear);
    await exchange();
    axios.interceptors.request.eject(request);
    axios.interceptors.response.eject(response);
    expect(hear).not.toHaveBeenCalled();
  });
});

const before = new Map<Setting, PropertyDescriptor | undefined>();

function apply(setting: Setting): void {
  const [, target, name, value] = setting;
  before.set(setting, Object.getOwnPropertyDescriptor(target, name));
  Object.defineProperty(target, name, { value, configurable: true, enumerable: true, writable: true });
}

function takeBack(setting: Setting): void {
  const [, target, name] = setting;
  const descriptor = before.get(setting);
  if (descriptor) Object.defineProperty(target, name, descriptor);
  else delete (target as AxiosRequestConfig & Record<string, unknown>)[name];
}
