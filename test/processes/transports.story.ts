import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { HttpModule, HttpService } from '@nestjs/axios';
import { Test } from '@nestjs/testing';
import { BankCardOcrModule, OcrResultService } from 'nestjs-bankcard-ocr';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { makeCertificates } from '../../libs/bankcard-ocr/src/vendor/http/certificates.test-support.js';
import { ConnectProxy } from '../../libs/bankcard-ocr/src/vendor/http/connect-proxy.test-support.js';
import { TestVendor } from '../../libs/bankcard-ocr/src/vendor/http/test-vendor.test-support.js';
import { optionsFor, startApplication } from '../support/application.js';
import { TcpSwitch } from '../support/tcp-switch.js';

const KINDS = ['http-service', 'undici'] as const;
type TransportKind = (typeof KINDS)[number];

/** What a script of a process of its own begins with. */
const CONNECT = `
  const { connectToVendor } = require(${JSON.stringify(
    path.join(process.env['COMPILED_WORKERS'] ?? '', 'libs/bankcard-ocr/src/account/vendor-connections.js'),
  )});
  const { SystemClock } = require(${JSON.stringify(
    path.join(process.env['COMPILED_WORKERS'] ?? '', 'libs/bankcard-ocr/src/runtime/clock.js'),
  )});
  const options = (transport, origin) => {
    const host = { origin, loopback: true, prefix: '' };
    const limits = { maxConnections: 1, connectTimeoutMs: 5000, maxResponseBytes: 1000, vendorCodeOverrides: {}, clock: new SystemClock() };
    return { transport, baseUrl: host, recognitionBaseUrl: host, ...limits };
  };`;

/** What a process of its own prints; jest hands a copy of the environment to its tests, which Node itself does not read. */
async function inChild(script: string, environment: Record<string, string> = {}): Promise<string[]> {
  const env = { ...process.env, ...environment };
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', '-e', script], { env });
  return stdout.trim().split('\n');
}

let sandbox: KycSandbox;

beforeEach(async () => {
  sandbox = await KycSandbox.start();
  sandbox.addOrder({ orderNo: 'order0001', bankCardNo: '6222021234567890128', photos: 'all' });
});
afterEach(() => sandbox.stop());

describe.each(KINDS)('an application over %s', (transport) => {
  it('asks for everything through the proxy of its options', async () => {
    const proxy = await ConnectProxy.start();
    const { application, ocr } = await startApplication(sandbox, { transport, proxy: proxy.url('user:password@') });
    const { photos } = await ocr.query('order0001', { photos: true });
    expect(photos.status).toBe('complete');
    await application.close();
    await proxy.stop();
    expect(new Set(proxy.asked)).toEqual(new Set([new URL(sandbox.url).host]));
    expect(proxy.asked.length).toBeLessThanOrEqual(2);
  });

  it('is told when the proxy wants another password', async () => {
    const proxy = await ConnectProxy.start();
    proxy.answer = (socket) => void socket.end('HTTP/1.1 407 who?\r\ncontent-length: 0\r\n\r\n');
    const { application, ocr } = await startApplication(sandbox, { transport, proxy: proxy.url('user:hush@') });
    const failing = ocr.query('order0001');
    await expect(failing).rejects.toMatchObject({ code: 'NO_VALID_TICKET', cause: { code: 'UNREACHABLE' } });
    await expect(failing).rejects.toThrow('the proxy responded with HTTP 407');
    await expect(failing).rejects.not.toThrow('hush');
    await application.close();
    await proxy.stop();
  });

  it('does not notice that the connections it had kept were cut', async () => {
    await using between = await TcpSwitch.start(Number(new URL(sandbox.url).port));
    const url = `http://127.0.0.1:${between.port}`;
    const { application, ocr } = await startApplication(
      { appId: sandbox.appId, secret: sandbox.secret, url },
      { transport },
    );
    for (let query = 0; query < 3; query += 1) {
      await expect(ocr.query('order0001')).resolves.toBeDefined();
      between.switchTo(Number(new URL(sandbox.url).port));
    }
    await application.close();
  });
});

describe("the application's HttpService", () => {
  it('sees nothing of the vendor, and may be replaced in tests', async () => {
    const stand = {
      request: () => {
        throw new Error('must not be used');
      },
    };
    const testing = await Test.createTestingModule({
      imports: [HttpModule, BankCardOcrModule.forRoot(optionsFor(sandbox))],
    })
      .overrideProvider(HttpService)
      .useValue(stand)
      .compile();
    testing.useLogger(false);
    await testing.init();
    expect(testing.get(HttpService)).toBe(stand);
    await expect(testing.get(OcrResultService).query('order0001')).resolves.toBeDefined();
    await testing.close();
  });

  it('sees everything when it is handed over', async () => {
    const httpService = new HttpService();
    const seen: string[] = [];
    const id = httpService.axiosRef.interceptors.request.use((config) => {
      seen.push(new URL(config.url ?? '', sandbox.url).pathname);
      return config;
    });
    const { application, ocr } = await startApplication(sandbox, { httpService });
    await ocr.query('order0001');
    await application.close();
    httpService.axiosRef.interceptors.request.eject(id);
    expect(seen).toEqual(['/api/oauth2/access_token', '/api/oauth2/api_ticket', '/api/server/getBankCardOcrResult']);
  });
});

describe.each(KINDS)('an environment that switches the verifying of TLS off, over %s,', (transport) => {
  it('is not listened to', async () => {
    const { ca, server } = makeCertificates();
    const vendor = await TestVendor.start(server);
    const script = `
      ${CONNECT}
      const connection = { cancellation: { throwIfAborted() {}, onCancel: () => () => {} }, secrets: [], timeoutMs: 5000, attempt: 1 };
      const ask = async (change) => {
        const all = await connectToVendor({ ...options('${transport}', '${vendor.origin}'), ...change }, () => {});
        const request = { ...connection, endpoint: 'access_token', pathAndQuery: '/p' };
        let text = '';
        const reader = { write: (bytes) => void (text += bytes), end: () => JSON.parse(text) };
        await all.main.send(request, reader, () => undefined).then(() => console.log('answered'), (e) => console.log(e.message));
        await all.close();
      };
      ask({}).then(() => ask({ ca: [${JSON.stringify(ca)}] }));`;
    const lines = await inChild(script, { NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    await vendor.stop();
    expect(lines).toEqual(['Tencent could not be reached: UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'answered']);
  });
});

describe('only the client that is used is loaded', () => {
  /** Connect as an installation would that lacks a package; what that prints. */
  function connectWithout(missing: string, transport: TransportKind): Promise<string[]> {
    return inChild(`
      const Module = require('node:module');
      const resolve = Module._resolveFilename;
      Module._resolveFilename = (name, ...rest) => {
        if (name === '${missing}') throw Object.assign(new Error("Cannot find module '" + name + "'"), { code: 'MODULE_NOT_FOUND' });
        return resolve(name, ...rest);
      };
      ${CONNECT}
      connectToVendor(options('${transport}', 'http://127.0.0.1:1'), () => {})
        .then((all) => all.close())
        .then(() => console.log('connected'), (e) => console.log(e.message));`);
  }

  it.each<[TransportKind, string, string]>([
    ['undici', '@nestjs/axios', 'connected'],
    ['undici', 'axios', 'connected'],
    ['http-service', 'undici', 'connected'],
    // That a missing package would have been noticed.
    ['undici', 'undici', "'undici' needs the package undici"],
    ['http-service', '@nestjs/axios', 'npm install @nestjs/axios axios'],
    ['http-service', 'axios', 'npm install @nestjs/axios axios'],
  ])('%s without %s: %s', async (transport, missing, expected) => {
    expect(await connectWithout(missing, transport)).toEqual(
      expect.arrayContaining([expect.stringContaining(expected)]),
    );
  });
});
