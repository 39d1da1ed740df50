import { Problem } from '../../errors/configuration-error.js';
import { readProxyUrl } from './proxy.js';

describe('the address of a proxy', () => {
  it.each([
    ['http://proxy:3128', 'http://proxy:3128/'],
    ['HTTP://proxy', 'http://proxy/'],
    ['https://proxy:443/', 'https://proxy/'],
    ['proxy:3128', 'http://proxy:3128/'],
    ['proxy.example', 'http://proxy.example/'],
    ['10.0.0.1:8080', 'http://10.0.0.1:8080/'],
    ['[::1]:8080', 'http://[::1]:8080/'],
    ['user:pass@proxy:3128', 'http://user:pass@proxy:3128/'],
    ['http://user:p@ss@proxy:3128', 'http://user:p%40ss@proxy:3128/'],
    ['http://user:pa%23ss@proxy', 'http://user:pa%23ss@proxy/'],
    ['http://user:50%@proxy', 'http://user:50%@proxy/'],
    [' http://proxy:3128\n', 'http://proxy:3128/'],
  ])('%j is read', (text, href) => {
    const url = readProxyUrl(text);
    expect(url instanceof Problem ? url.en : url.href).toBe(href);
  });

  it.each<[unknown, RegExp]>([
    ['http://user:can#ary@proxy:3128', /is not a URL: write http/],
    ['http://user:12#canary@proxy:3128', /not encoded/],
    ['http://user:12?canary@proxy:3128', /not encoded/],
    ['http://user:12/canary@proxy:3128', /not encoded/],
    ['http://can/ary:pw@proxy:3128', /not encoded/],
    ['http://user:12\\canary@proxy:3128', /is not a URL/],
    ['http://DOMAIN\\canary:pw@proxy:3128', /is not a URL/],
    ['user:can#ary@proxy:3128', /is not a URL/],
    ['can/ary:pw@proxy:3128', /is not a URL/],
    ['"http://user:canary@proxy:3128"', /quotation marks/],
    ["'http://proxy:3128'", /quotation marks/],
    ['"proxy:3128"', /quotation marks/],
    ['http://proxy:3128"', /quotation marks/],
    ['""', /quotation marks/],
    ['${HTTP_PROXY}', /placeholder/],
    ['http://${USER}:canary@proxy', /placeholder/],
    ['http://undefined:3128', /missing value/],
    ['http://proxy:undefined', /missing value/],
    ['undefined', /missing value/],
    ['none', /names no proxy/],
    ['False', /names no proxy/],
    ['off', /names no proxy/],
    ['0', /names no proxy/],
    ['socks5://user:canary@proxy:1080', /is no HTTP proxy, and/],
    ['canary://proxy', /is no HTTP proxy, and/],
    ['http://', /is not a URL/],
    ['http://:3128', /is not a URL/],
    ['http://proxy:99999', /is not a URL/],
    ['http://proxy:3128 # canary', /is not a URL/],
    ['http://pro xy', /is not a URL/],
    ['http://pro\nxy', /is not a URL/],
    ['http://wpad/wpad.dat', /behind the host/],
    ['a b', /is not a URL/],
    [5, /is not a text/],
    [new URL('http://proxy'), /is not a text/],
    [null, /is not a text/],
  ])('%j is refused, and not repeated', (text, refusal) => {
    const wrong = readProxyUrl(text);
    expect(wrong).toBeInstanceOf(Problem);
    expect((wrong as Problem).en).toMatch(refusal);
    expect((wrong as Problem).zh).toMatch(/[\u4e00-\u9fff]/);
    expect(JSON.stringify(wrong)).not.toMatch(/canary|ary@|can#/);
  });
});
