import { inspect } from 'node:util';
import { Problem } from '../errors/configuration-error.js';
import { readBaseUrl } from './vendor.options.js';

/** In both languages: neither may repeat what is secret. */
function refusalOf(text: unknown, allowInsecureHttp: boolean): string {
  const refusal = readBaseUrl(text, { allowInsecureHttp });
  if (refusal instanceof Problem) return `${refusal.en} | ${refusal.zh}`;
  throw new Error(`was accepted: ${inspect(refusal)}`);
}

describe('a base URL', () => {
  it.each([
    ['https://idasc.webank.com', 'https://idasc.webank.com', 'idasc.webank.com', ''],
    ['https://idasc.webank.com/', 'https://idasc.webank.com', 'idasc.webank.com', ''],
    ['https://IDASC.webank.com:443', 'https://idasc.webank.com', 'idasc.webank.com', ''],
    ['https://gateway.example:8443/kyc', 'https://gateway.example:8443', 'gateway.example:8443', '/kyc'],
    ['https://gateway.example/a/b/', 'https://gateway.example', 'gateway.example', '/a/b'],
    ['https://gateway.example/a//', 'https://gateway.example', 'gateway.example', '/a'],
    [' https://gateway.example/a ', 'https://gateway.example', 'gateway.example', '/a'],
  ])('%j keeps its path as a prefix', (text, origin, host, prefix) => {
    expect(readBaseUrl(text, {})).toEqual({ origin, host, prefix, loopback: false });
  });

  it.each([
    'http://127.0.0.1:9000',
    'http://127.1',
    'http://127.255.255.254:1',
    'http://2130706433',
    'http://0x7f.1/kyc',
    'http://localhost:9000',
    'http://LOCALHOST',
    'http://LocalHost:9000/kyc',
    'http://vendor.localhost',
    'http://[::1]:9000',
    'http://[0:0:0:0:0:0:0:1]',
    'https://127.0.0.1',
  ])('%s is this machine: plain http is allowed', (text) => {
    expect(readBaseUrl(text, {})).toMatchObject({ loopback: true });
  });

  it.each([
    'http://idasc.webank.com',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://notlocalhost',
    'http://10.0.0.1',
    'http://0.0.0.0',
    'http://128.0.0.1',
    'http://[::2]',
    'http://[fe80::1]',
  ])('%s is not: plain http needs allowInsecureHttp', (text) => {
    const refusal = refusalOf(text, false);
    expect(refusal).toMatch(/^uses plain http to .*travel in clear.*allowInsecureHttp: true/);
    expect(readBaseUrl(text, { allowInsecureHttp: true })).toMatchObject({ loopback: false });
  });

  it.each([
    'https://user:pa55word@idasc.webank.com',
    'https://pa55word@idasc.webank.com',
    'https://:pa55word@idasc.webank.com',
    'http://user:pa55word@localhost',
  ])('%s is refused for its credentials, which are not repeated', (text) => {
    const refusal = refusalOf(text, true);
    expect(refusal).toMatch(/user name or a password/);
    expect(refusal).not.toContain('pa55word');
  });

  it.each(['https://idasc.webank.com/?secret=pa55word', 'https://idasc.webank.com/#pa55word'])(
    '%s is refused for what follows the path',
    (text) => {
      const refusal = refusalOf(text, true);
      expect(refusal).toMatch(/query or a fragment/);
      expect(refusal).not.toContain('pa55word');
    },
  );

  it.each([
    '',
    ' ',
    'idasc.webank.com',
    '//idasc.webank.com',
    '/api',
    'ftp://idasc.webank.com',
    'file:///etc/passwd',
    'localhost:9000',
    'https://',
    'http://[::1',
    'https://256.1.1.1',
    undefined,
    null,
    5,
    {},
    new URL('https://idasc.webank.com'),
  ])('%p is no URL', (text) => {
    expect(readBaseUrl(text, { allowInsecureHttp: true })).toMatchObject({
      en: expect.stringMatching(/^is not a URL: write it like https:\/\/idasc\.webank\.com/),
    });
  });
});
