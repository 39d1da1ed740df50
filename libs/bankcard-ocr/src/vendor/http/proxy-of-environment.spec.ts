import { SecretText } from '../../runtime/secret-text.js';
import { ConnectProxy } from './connect-proxy.test-support.js';
import { proxyFor, proxyNamed } from './proxy.js';
import { Problem } from '../../errors/configuration-error.js';
import { OK, optionsFor, send, TestVendor, TRANSPORT_KINDS, TRANSPORTS } from './test-vendor.test-support.js';

const VENDOR = 'https://idasc.webank.com';

describe('the proxy of the environment', () => {
  it.each<[string, string, Record<string, string>, string | undefined]>([
    ['nothing', VENDOR, {}, undefined],
    ['HTTPS_PROXY', VENDOR, { HTTPS_PROXY: 'http://a:1' }, 'http://a:1/'],
    ['https_proxy', VENDOR, { https_proxy: 'http://a:1' }, 'http://a:1/'],
    ['both cases', VENDOR, { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:2' }, 'http://b:2/'],
    ['HTTP_PROXY for https', VENDOR, { HTTP_PROXY: 'http://a:1' }, undefined],
    ['HTTP_PROXY for http', 'http://vendor.test', { HTTP_PROXY: 'http://a:1' }, 'http://a:1/'],
    ['http_proxy for http', 'http://vendor.test', { http_proxy: 'http://a:1' }, 'http://a:1/'],
    ['ALL_PROXY', VENDOR, { ALL_PROXY: 'http://a:1' }, 'http://a:1/'],
    ['all_proxy', VENDOR, { all_proxy: 'http://a:1' }, 'http://a:1/'],
    ['ALL_PROXY comes last', VENDOR, { all_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:2' }, 'http://b:2/'],
    ['without a scheme', VENDOR, { HTTPS_PROXY: 'user:pass@proxy:3128' }, 'http://user:pass@proxy:3128/'],
    ['over TLS', VENDOR, { HTTPS_PROXY: 'https://proxy' }, 'https://proxy/'],
    ['empty', VENDOR, { https_proxy: '', HTTPS_PROXY: 'http://a:1' }, 'http://a:1/'],
  ])('%s', (_what, origin, environment, expected) => {
    const proxy = proxyNamed({ origin, loopback: false }, environment)?.proxy;
    expect(proxy instanceof Problem ? proxy.en : proxy?.href).toBe(expected);
  });

  it.each<[string, string, boolean]>([
    ['idasc.webank.com', VENDOR, true],
    ['webank.com', VENDOR, true],
    ['.webank.com', VENDOR, true],
    ['*.webank.com', VENDOR, true],
    ['IDASC.WeBank.com', VENDOR, true],
    ['*', VENDOR, true],
    ['other.test, webank.com', VENDOR, true],
    ['other.test webank.com', VENDOR, true],
    ['webank.com:443', VENDOR, true],
    ['webank.com:8443', VENDOR, false],
    ['webank.com:8443', `${VENDOR}:8443`, true],
    ['bank.com', VENDOR, false],
    ['webank.com.test', VENDOR, false],
    ['10.0.0.1', 'https://10.0.0.1', true],
    ['0.0.0.1', 'https://10.0.0.1', false],
    ['2001:db8::1', 'https://[2001:db8::1]', true],
    ['[2001:db8::1]:443', 'https://[2001:db8::1]', true],
    ['[2001:db8::1]:80', 'https://[2001:db8::1]', false],
    ['"idasc.webank.com"', VENDOR, true],
    ["'webank.com", VENDOR, true],
    ['https://idasc.webank.com', VENDOR, true],
    ['https://idasc.webank.com:443/x', VENDOR, true],
    ['idasc.webank.com/', VENDOR, true],
    ['https://other.test', VENDOR, false],
    [',', VENDOR, false],
  ])('NO_PROXY=%s and %s: without a proxy %p', (exceptions, origin, without) => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      const proxy = proxyNamed({ origin, loopback: false }, { ALL_PROXY: 'http://a:1', [name]: exceptions });
      expect(proxy === undefined).toBe(without);
    }
  });
});

describe('the choice of a proxy', () => {
  const before = process.env['https_proxy'];
  beforeEach(() => (process.env['https_proxy'] = 'http://user:50%@of-environment:1'));
  afterEach(() => {
    if (before === undefined) delete process.env['https_proxy'];
    else process.env['https_proxy'] = before;
  });

  it.each<[string, string | undefined, boolean, string | undefined]>([
    ['the environment, without an option', undefined, false, 'of-environment:1'],
    ['not for this machine', undefined, true, undefined],
    ['the option first', 'http://of-option:2', false, 'of-option:2'],
    ['the option also for this machine', 'http://of-option:2', true, 'of-option:2'],
    ["'none'", 'none', false, undefined],
  ])('%s', (_what, option, loopback, expected) => {
    const proxy = option === undefined ? undefined : new SecretText(option);
    expect(proxyFor(optionsFor(VENDOR, { proxy, loopback }))?.host).toBe(expected);
  });

  it.each(TRANSPORT_KINDS)('holds over %s; a bare percent sign in a password is sent as it is', async (kind) => {
    const vendor = await TestVendor.start();
    const proxy = await ConnectProxy.start();
    process.env['http_proxy'] = proxy.url('user:50%@');
    const transports = [false, true].map((loopback) => TRANSPORTS[kind](optionsFor(vendor.origin, { loopback })));
    try {
      await expect(send(transports[0]!)).resolves.toMatchObject({ text: OK });
      const credentials = Buffer.from('user:50%').toString('base64');
      expect(proxy.authorizations).toEqual([`Basic ${credentials}`]);
      await expect(send(transports[1]!)).resolves.toMatchObject({ text: OK });
      expect(proxy.asked).toHaveLength(1);
    } finally {
      delete process.env['http_proxy'];
      await Promise.all(transports.map(async (transport) => transport.close()));
      await Promise.all([proxy.stop(), vendor.stop()]);
    }
  });
});
