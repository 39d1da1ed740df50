import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readConfiguration } from '../configuration.js';
import { doctorReport } from './check-result.js';
import { checkConfiguration, checkNodeVersion } from './doctor.command.js';

const SECRET = 'canary0secret0canary0secret0canary0secret0canary0secret0canary00';
const ENV = { BANKCARD_OCR_APP_ID: 'IDA00001', BANKCARD_OCR_SECRET: SECRET, BANKCARD_OCR_TICKET_STORE: 'memory:' };
const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

function reports(environment: Record<string, string>): { en: string; zh: string } {
  process.env = { ...environment };
  const findings = checkConfiguration(readConfiguration(undefined), undefined);
  const [en, zh] = (['en', 'zh'] as const).map((language) => doctorReport(findings, { json: false, language }));
  const json = doctorReport(findings, { json: true, language: 'en' });
  expect(`${en}${zh}${json}`).not.toMatch(/canary|hunter/);
  return { en: en!, zh: zh! };
}

describe('the configuration, as doctor sees it', () => {
  it('is told with the proxy and where it comes from, without user and password', () => {
    const { en, zh } = reports({ ...ENV, https_proxy: 'http://user:hunter2@proxy.example:3128' });
    expect(en).toMatch(
      /^ok .*not encrypted, transport undici, proxy http:\/\/proxy\.example:3128 \(https_proxy\), warning/,
    );
    expect(zh).toMatch(/未加密，传输方式 undici，代理 http:\/\/proxy\.example:3128（https_proxy），告警策略 report$/);
  });

  it.each([
    'http://user:hunt#er2@proxy:3128',
    '"http://proxy:3128"',
    'socks5://hunter@proxy',
    'http://user:12/hunter@proxy',
  ])('fails for a proxy variable that cannot be read: %s', (value) => {
    const { en, zh } = reports({ ...ENV, HTTPS_PROXY: value });
    expect(en).toMatch(/^FAIL .*proxy \(HTTPS_PROXY\)/);
    expect(zh).toMatch(/^FAIL .*proxy（HTTPS_PROXY）.*请/);
  });

  it.each<[string, Record<string, string>, RegExp, RegExp]>([
    [
      'a bare % in a Redis password',
      { BANKCARD_OCR_TICKET_STORE: 'redis://:hunter%@h/0' },
      /^FAIL .*as %25/,
      /写成 %25/,
    ],
    ['quotation marks', { BANKCARD_OCR_APP_ID: '"IDA00001"' }, /^FAIL .*quotation marks/, /引号/],
    ['half of a secret', { BANKCARD_OCR_SECRET: SECRET.slice(0, 32) }, /warn .*has 32 characters/, /有 32 个字符/],
    [
      'a name spelled wrong',
      { BANKCARD_OCR_WARNINGPOLICY: 'x' },
      /warn .*BANKCARD_OCR_WARNINGPOLICY is no variable of this library.*check its spelling/,
      /请检查拼写/,
    ],
  ])('tells of %s in both languages', (_what, change, english, chinese) => {
    const { en, zh } = reports({ ...ENV, ...change });
    expect(en).toMatch(english);
    expect(zh).toMatch(chinese);
  });
});

describe('the version of Node.js', () => {
  it.each([
    ['20.19.0', 'ok'],
    ['22.0.0', 'ok'],
    ['20.18.3', 'fail'],
    ['18.20.0', 'fail'],
  ])('%s is %s', (version, status) => {
    expect(checkNodeVersion(version)).toMatchObject({ status, facts: { version } });
  });

  it('is judged by what the package says', () => {
    const manifest = readFileSync(path.join(__dirname, '../../../package.json'), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({ engines: { node: '>=20.19.0' } });
  });
});
