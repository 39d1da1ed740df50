import type { HttpService } from '@nestjs/axios';
import { makeCertificates } from '../vendor/http/certificates.test-support.js';
import { Problem } from '../errors/configuration-error.js';
import { OPTION_TABLE } from './option-table.js';

const { ca, server } = makeCertificates();

function httpServiceWith(defaults: object): HttpService {
  return { request: () => undefined, axiosRef: { defaults } } as unknown as HttpService;
}

const CONNECTION_OPTIONS = ['proxy', 'ca', 'httpService', 'imageTypes'] as const;

function problemsIn(options: Record<string, unknown>): { option: string; problem: Problem }[] {
  const given: Record<string, unknown> = { imageTypes: ['image/png'], transport: 'http-service', ...options };
  return CONNECTION_OPTIONS.flatMap((option) => {
    const problem: unknown = OPTION_TABLE[option].read(given[option], given);
    return problem instanceof Problem ? [{ option, problem }] : [];
  });
}

function faultyOptions(options: Record<string, unknown>): string[] {
  return problemsIn(options).map(({ option }) => option);
}

describe('the options about the way to the vendor', () => {
  it.each<[string, Record<string, unknown>]>([
    ['nothing', {}],
    ['a proxy', { proxy: 'http://proxy:3128' }],
    ['a proxy over TLS, with a user', { proxy: 'https://us%40er:p%25@proxy' }],
    ['no proxy', { proxy: 'none' }],
    ['a proxy with a bare percent sign in its password', { proxy: 'http://user:50%@proxy' }],
    ['a CA as text', { ca }],
    ['several, as bytes too', { ca: [ca, Buffer.from(server.cert)] }],
    ['an HttpService', { httpService: httpServiceWith({}) }],
    ['an HttpService, and our way', { httpService: httpServiceWith({}), proxy: 'http://proxy', ca }],
    ['an HttpService with a way of its own', { httpService: httpServiceWith({ httpsAgent: {} }) }],
    ['something like an HttpService', { httpService: { request: () => undefined }, ca }],
  ])('may be %s', (_what, options) => {
    expect(faultyOptions(options)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ['empty', { proxy: '' }, ['proxy']],
    ['socks', { proxy: 'socks5://proxy:1080' }, ['proxy']],
    ['a URL object', { proxy: new URL('http://proxy') }, ['proxy']],
    ['the name of a file', { ca: '/etc/ca.pem' }, ['ca']],
    ['a key', { ca: server.key }, ['ca']],
    ['broken PEM', { ca: ca.replace(/\n./, '\n!') }, ['ca']],
    ['no certificates', { ca: [] }, ['ca']],
    ['no HttpService', { httpService: {} }, ['httpService']],
    ['an HttpService for undici', { httpService: httpServiceWith({}), transport: 'undici' }, ['httpService']],
    ['two CAs', { httpService: httpServiceWith({ httpsAgent: {} }), ca }, ['ca']],
    ['two proxies', { httpService: httpServiceWith({ proxy: false }), proxy: 'http://proxy' }, ['proxy']],
  ])('may not be %s', (_what, options, expected) => {
    expect(faultyOptions(options)).toEqual(expected);
  });

  it('are not repeated when they are wrong', () => {
    const faults = problemsIn({
      proxy: 'socks5://user:hush@proxy',
      ca: 'hush',
      imageTypes: [],
      transport: 'undici',
    });
    expect(faults).toHaveLength(3);
    expect(JSON.stringify(faults)).not.toContain('hush');
  });
});
