import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ManualClock } from '../testing/manual-clock.js';
import { MemoryTicketStore } from '../credentials/store/memory-ticket.store.js';
import { BankCardOcrConfigurationError } from '../errors/configuration-error.js';
import type { BankCardOcrOptions, WarningPolicy } from './bankcard-ocr.options.js';
import { bankCardOcrOptionsFromEnv, overlookedVariables, unknownVariables } from './options-from-env.js';
import { DEFAULTS } from './option-table.js';
import { resolveOptions } from './resolve-options.js';

const SECRET = 'canary0secret0canary0secret0canary0secret0canary0secret0canary00';
const GIVEN: BankCardOcrOptions = { appId: 'IDA00001', secret: SECRET, ticketStore: 'memory:' };

function faultsOf(change: Record<string, unknown>): BankCardOcrConfigurationError {
  try {
    resolveOptions({ ...GIVEN, ...change } as BankCardOcrOptions);
  } catch (error) {
    if (error instanceof BankCardOcrConfigurationError) return error;
    throw error;
  }
  throw new Error('The options were accepted.');
}

describe('options that are right', () => {
  it('are completed with the documented defaults', () => {
    const { secret, baseUrl, recognitionBaseUrl, clock, ...resolved } = resolveOptions(GIVEN);
    const { baseUrl: _url, ...defaults } = DEFAULTS;
    expect(resolved).toEqual({
      ...defaults,
      ...{ appId: 'IDA00001', ticketStore: { kind: 'memory' }, vendorCodeOverrides: {}, telemetry: [], warnings: [] },
      appIdFields: { accessToken: 'app_id', apiTicket: 'app_id', queryResult: 'app_id', recognize: 'webankAppId' },
      route: { en: 'no proxy', zh: '不走代理' },
    });
    expect(baseUrl).toMatchObject({ origin: 'https://idasc.webank.com', prefix: '' });
    expect(recognitionBaseUrl.origin).toBe('https://ida.webank.com');
    expect(secret.reveal()).toBe(SECRET);
    expect(clock.now()).toBeGreaterThan(0);
  });

  it('win over the defaults; undefined does not', () => {
    const clock = new ManualClock();
    const resolved = resolveOptions({
      ...{ ...GIVEN, clock, timeoutMs: 0.5, waitForPhotosMs: 0, maxAttempts: undefined },
      ...{ backgroundRefresh: false, appIdFields: { queryResult: 'webankAppId' }, protocolVersion: '2' },
      paths: { queryResult: '/q', apiTicket: undefined },
    });
    expect(resolved.clock).toBe(clock);
    expect(resolved).toMatchObject({ timeoutMs: 0.5, waitForPhotosMs: 0, maxAttempts: 3, backgroundRefresh: false });
    expect(resolved.paths).toEqual({ ...DEFAULTS.paths, queryResult: '/q' });
    const hosts = { baseUrl: 'https://a.example/one', recognitionBaseUrl: 'https://b.example/two' };
    expect(resolveOptions({ ...GIVEN, ...hosts, paths: { apiTicket: '/t' } }).paths).toEqual({
      ...{ accessToken: `/one${DEFAULTS.paths.accessToken}`, apiTicket: '/one/t' },
      ...{ queryResult: `/one${DEFAULTS.paths.queryResult}`, recognize: `/two${DEFAULTS.paths.recognize}` },
    });
  });

  it.each<WarningPolicy>(['report', 'strict', () => 'accept'])('may have the warning policy %p', (warningPolicy) => {
    expect(resolveOptions({ ...GIVEN, warningPolicy }).warningPolicy).toBe(warningPolicy);
  });

  it('never print the secret', () => {
    const resolved = resolveOptions({ ...GIVEN, proxy: 'http://user:canary@proxy:3128' });
    expect(JSON.stringify(resolved)).not.toContain('canary');
    expect(inspect(resolved, { depth: Infinity, showHidden: true })).not.toContain('canary');
  });
});

describe('options that are wrong', () => {
  it.each<[string, unknown, RegExp, string?]>([
    ['appId', '', /missing/, 'BANKCARD_OCR_APP_ID'],
    ['appId', 'IDA 0001', /white space/, 'BANKCARD_OCR_APP_ID'],
    ['appId', 5, /missing/, 'BANKCARD_OCR_APP_ID'],
    ['secret', '', /missing/, 'BANKCARD_OCR_SECRET'],
    ['secret', `${SECRET}\n`, /white space/, 'BANKCARD_OCR_SECRET'],
    ['secret', null, /missing/, 'BANKCARD_OCR_SECRET'],
    ['baseUrl', 'nowhere', /is not a URL/, 'BANKCARD_OCR_BASE_URL'],
    ['baseUrl', 'http://idasc.webank.com', /plain http/, 'BANKCARD_OCR_BASE_URL'],
    ['ticketStore', 'redis://:pa55word@host/x', /number for the database/, 'BANKCARD_OCR_TICKET_STORE'],
    ['storeEncryptionKey', 'pa55word', /32 random bytes/, 'BANKCARD_OCR_STORE_ENCRYPTION_KEY'],
    ['role', 'writer', /'refresher' or 'reader'/, 'BANKCARD_OCR_ROLE'],
    ['role', 'reader', /store of this process only/, 'BANKCARD_OCR_ROLE'],
    ['verifyWindowMs', -1, /milliseconds, 0 or more/, undefined],
    ['ticketStore', 5, /or hand in a TicketStore/, 'BANKCARD_OCR_TICKET_STORE'],
    ['ticketStore', {}, /or hand in a TicketStore/, 'BANKCARD_OCR_TICKET_STORE'],
    ['refreshIntervalMs', 0, /more than 0/, 'BANKCARD_OCR_REFRESH_INTERVAL_MS'],
    ['ticketOverlapMs', -1, /more than 0/, 'BANKCARD_OCR_TICKET_OVERLAP_MS'],
    ['timeoutMs', NaN, /milliseconds/, 'BANKCARD_OCR_TIMEOUT_MS'],
    ['attemptTimeoutMs', '5s', /milliseconds.*got '5s'/, 'BANKCARD_OCR_ATTEMPT_TIMEOUT_MS'],
    ['connectTimeoutMs', Infinity, /milliseconds/],
    ['waitForPhotosMs', -1, /0 or more/],
    ['waitForResultMs', -1, /0 or more/],
    ['assumedVendorRetentionMs', 0, /milliseconds, more than 0/],
    ['assumedVendorRetentionMs', Infinity, /milliseconds/],
    ['warningPolicy', 'lenient', /'report', 'strict', or a function/, 'BANKCARD_OCR_WARNING_POLICY'],
    ['warningPolicy', null, /'accept' or 'reject'/, 'BANKCARD_OCR_WARNING_POLICY'],
    ['warningPolicy', {}, /'report', 'strict', or a function/, 'BANKCARD_OCR_WARNING_POLICY'],
    ['recognitionBaseUrl', 'nowhere', /is not a URL/, 'BANKCARD_OCR_RECOGNITION_BASE_URL'],
    ['recognitionBaseUrl', 'http://ida.webank.com', /plain http/, 'BANKCARD_OCR_RECOGNITION_BASE_URL'],
    ['recognitionTimeoutMs', 0, /milliseconds/],
    ['transport', 'fetch', /'http-service' or 'undici'/, 'BANKCARD_OCR_TRANSPORT'],
    ['maxAttempts', 0, /whole number, more than 0/],
    ['maxAttempts', 1.5, /whole number/],
    ['maxConnections', 0.5, /whole number/],
    ['maxResponseBytes', '1MB', /bytes/],
    ['protocolVersion', ' 1 ', /1 to 20/],
    ['protocolVersion', '123456789012345678901', /1 to 20/],
    ['appIdFields', { queryResult: 'app-id' }, /queryResult must be 'app_id', 'appId' or 'webankAppId'/],
    ['paths', { queryResult: 'api' }, /queryResult must begin with one slash/],
    ['paths', { queryResult: '//elsewhere/api' }, /two slashes in a row/],
    ['paths', { queryResults: '/api' }, /knows no 'queryResults'/],
    ['clock', {}, /must have now\(\)/],
    ['paths', { queryResult: '/a?b' }, /neither query/],
    ['paths', { queryResult: '/a b' }, /white space/],
    ['paths', { apiTicket: 5 }, /apiTicket must/],
    ['paths', { apiTicket: null }, /apiTicket must/],
    ['backgroundRefresh', 'no', /true or false; got string/],
    ['backgroundRefresh', 0, /true or false; got 0/],
    ['allowInsecureHttp', 'yes', /true or false/],
    ['vendorCodeOverrides', null, /an object/],
    ['vendorCodeOverrides', 'x', /an object/],
    ['vendorCodeOverrides', { '4': null }, /'4': must be an object/],
    ['vendorCodeOverrides', { '4': { error: 'NO_SUCH_CODE' } }, /'4'.*error/],
    ['vendorCodeOverrides', { '4': { error: 'constructor' } }, /'4'.*error/],
    ['vendorCodeOverrides', { '4': { actor: 'somebody' } }, /'4'.*actor/],
    ['vendorCodeOverrides', { '4': { retry: 'always' } }, /'4'.*retry/],
    ['vendorCodeOverrides', { '4': { en: 5 } }, /'4'.*en/],
    ['vendorCodeOverrides', { '4': { retyr: 'never' } }, /'4': knows no 'retyr'/],
  ])('%s = %j is refused', (option, value, fix, ...rest) => {
    // Jest hands a callback in where a row is short.
    const variable = typeof rest[0] === 'string' ? rest[0] : undefined;
    const { issues: faults, message } = faultsOf({ [option]: value });
    expect(faults).toEqual([
      { option, variable, fix: expect.stringMatching(fix), fixZh: expect.stringMatching(/[\u4e00-\u9fff]/) },
    ]);
    expect(message).toContain(`  - ${option}${variable ? ` (${variable})` : ''}: `);
    expect(message).not.toContain('pa55word');
    expect(message).not.toContain('canary');
  });

  it('are all reported in one error', () => {
    const error = faultsOf({
      ...{
        appId: '',
        secret: ' ',
        baseUrl: 'x',
        ticketStore: 'x',
        protocolVersion: 'ä',
        appIdFields: { queryResult: 'x' },
        timeoutMs: 0,
      },
      ...{ maxAttempts: 0, paths: { apiTicket: 'x', queryResult: 'x' }, vendorCodeOverrides: 5, backgroundRefresh: 1 },
    });
    expect(error.issues.map(({ option }) => option).sort()).toEqual(
      [
        ...[
          'appId',
          'appIdFields',
          'backgroundRefresh',
          'baseUrl',
          'vendorCodeOverrides',
          'maxAttempts',
          'paths',
          'paths',
        ],
        ...['protocolVersion', 'secret', 'ticketStore', 'timeoutMs'],
      ].sort(),
    );
    expect(error.message).toContain('12 faults');
  });

  it('are an error also when there are none at all', () => {
    expect(() => resolveOptions(undefined as unknown as BankCardOcrOptions)).toThrow(/3 faults.*appId/s);
  });

  it('show no secret in the error, whatever is wrong with it', () => {
    const error = faultsOf({
      secret: 'canary with space',
      ticketStore: 'redis://canary@x',
      baseUrl: 'https://canary@x',
    });
    expect(inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error)).not.toContain('canary');
  });
});

describe('options out of a configuration of the application', () => {
  it('count as not set when they are empty text', () => {
    const empty = Object.fromEntries(
      [
        ...Object.keys(DEFAULTS),
        'storeEncryptionKey',
        'proxy',
        'ca',
        'verifyWindowMs',
        'recognitionBaseUrl',
        'clock',
        'vendorCodeOverrides',
      ].map((option) => [option, option.length % 2 ? '' : ' \n']),
    );
    const given = { ...GIVEN, ...empty } as unknown as BankCardOcrOptions;
    const { clock: _clock, ...resolved } = resolveOptions(given);
    const { clock: _same, ...expected } = resolveOptions(GIVEN);
    expect(resolved).toEqual(expected);
    expect(resolveOptions({ ...GIVEN, paths: { queryResult: '' } }).paths).toEqual(DEFAULTS.paths);
    expect(faultsOf({ appId: '', secret: '  ', ticketStore: '' }).issues.map(({ option }) => option)).toEqual([
      'appId',
      'secret',
      'ticketStore',
    ]);
  });

  it('may be digits as text where a number is wanted, and true or false as text', () => {
    const text = { timeoutMs: '9000', maxAttempts: ' 2 ', waitForPhotosMs: '0', maxResponseBytes: '1048576' };
    const booleans = { backgroundRefresh: 'false', allowInsecureHttp: 'TRUE', baseUrl: 'http://vendor.lan' };
    expect(resolveOptions({ ...GIVEN, ...text, ...booleans } as unknown as BankCardOcrOptions)).toMatchObject({
      ...{
        timeoutMs: 9_000,
        maxAttempts: 2,
        waitForPhotosMs: 0,
        maxResponseBytes: 1_048_576,
        backgroundRefresh: false,
      },
      baseUrl: { host: 'vendor.lan' },
    });
  });

  it.each<[string, string]>([
    ['in quotation marks', '"%s"'],
    ['in single quotation marks', "'%s'"],
    ['with one quotation mark', '"%s'],
    ['in typographic quotation marks', '“%s”'],
    ['a placeholder of a shell', '${%s}'],
    ['a placeholder of Kubernetes', '$(VALUE)'],
    ['a placeholder of a template', '{{ .Values.value }}'],
    ['a variable', '$VALUE'],
    ['a variable of Windows', '%VALUE%'],
    ['a placeholder of a document', '<value>'],
    ['the text of a missing value', 'undefined'],
    ['the text null', 'null'],
    ['the text of an object', '[object Object]'],
  ])('are refused %s, whichever text option it is, and are not repeated', (_what, form) => {
    const texts = {
      appId: 'IDA00001',
      secret: SECRET,
      baseUrl: 'https://canary.example',
      recognitionBaseUrl: 'https://canary.example',
      ticketStore: 'redis://:canary@host:6379/0',
      storeEncryptionKey: 'canary'.repeat(8),
      proxy: 'http://user:canary@proxy:3128',
      protocolVersion: '1.0.0',
    };
    for (const [option, value] of Object.entries(texts)) {
      const { issues: faults, message, messageZh } = faultsOf({ [option]: form.replace('%s', value) });
      expect(faults.map((fault) => fault.option)).toEqual([option]);
      expect(faults[0]?.fix).toMatch(/quotation marks|placeholder|missing value/);
      expect(faults[0]?.fixZh).toMatch(/引号|占位符|取值缺失/);
      expect(message + messageZh).not.toContain('canary');
    }
  });

  it.each([
    ['file:${HOME}/tickets'],
    ['file:"/var/lib/tickets"'],
    ['file:~/tickets'],
    ['file:/var/undefined/tickets'],
    ['file:/var/lib\u0000'],
    ['redis://undefined:6379'],
    ['redis://:undefined@host:6379'],
    ['redis://:canary%@host:6379/0'],
    ['redis://:100%@host:6379/0'],
    ['redis://ca%zznary:x@host'],
    ['redis://:ca#nary@host:6379/0'],
    ['redis://:ca/nary@host:6379/0'],
    ['redis://:ca?nary@host:6379/0'],
    ['redis://user:12#canary@host:6379/0'],
  ])('are refused where they name a store that is not meant: %j', (ticketStore) => {
    const { issues: faults, message } = faultsOf({ ticketStore });
    expect(faults).toMatchObject([{ option: 'ticketStore', variable: 'BANKCARD_OCR_TICKET_STORE' }]);
    expect(message).not.toMatch(/canary|nary@/);
  });

  it('say where values come from when one is missing', () => {
    const { message, messageZh } = faultsOf({ appId: undefined });
    expect(message).toMatch(
      /\n {2}Variables are read from process\.env.*ConfigModule's validate function.*\n {2}- appId/,
    );
    expect(messageZh).toMatch(/\n {2}环境变量.*process\.env.*ConfigModule.*\n {2}- appId/);
    expect(faultsOf({ timeoutMs: -1 }).message).not.toContain('process.env');
  });
});

describe('the proxy of the environment', () => {
  const HTTPS = { HTTPS_PROXY: 'http://user:canary@proxy.example:3128' };

  function faultsWith(environment: Record<string, string>, change: Partial<BankCardOcrOptions> = {}) {
    try {
      resolveOptions({ ...GIVEN, ...change }, undefined, environment);
      return [];
    } catch (error) {
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary');
      return (error as BankCardOcrConfigurationError).issues;
    }
  }

  it('is reported with the variable that names it, and without user and password', () => {
    expect(resolveOptions(GIVEN, undefined, HTTPS).route).toEqual({
      proxy: 'http://proxy.example:3128',
      en: 'proxy http://proxy.example:3128 (HTTPS_PROXY)',
      zh: '代理 http://proxy.example:3128（HTTPS_PROXY）',
    });
    expect(resolveOptions({ ...GIVEN, proxy: 'http://u:canary@own' }, undefined, HTTPS).route.proxy).toBe('http://own');
  });

  it.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'])(
    '%s stops the start when it is unusable',
    (variable) => {
      const [fault, ...others] = faultsWith({ [variable]: 'http://user:can#ary@proxy:3128' });
      expect(others).toEqual([]);
      expect(fault).toMatchObject({
        option: 'proxy',
        variable,
        fix: expect.stringContaining('BANKCARD_OCR_PROXY=none'),
      });
      expect(fault?.fixZh).toMatch(/请写成/);
    },
  );

  it('is one of several faults in the one list', () => {
    const faults = faultsWith({ https_proxy: '"http://proxy"' }, { secret: '', timeoutMs: -1 });
    expect(faults.map(({ option }) => option)).toEqual(['secret', 'timeoutMs', 'proxy']);
  });

  it('is looked at for the host of recognition too', () => {
    const faults = faultsWith(
      { HTTP_PROXY: 'socks5://canary:1' },
      {
        ...{ recognitionBaseUrl: 'http://images.lan', allowInsecureHttp: true },
      },
    );
    expect(faults).toMatchObject([{ variable: 'HTTP_PROXY', fix: expect.stringContaining('is no HTTP proxy') }]);
  });

  it.each<[string, Record<string, string>, Partial<BankCardOcrOptions>]>([
    ['an option names the proxy', { HTTPS_PROXY: '"' }, { proxy: 'http://own:3128' }],
    ['an option says that there is none', { HTTPS_PROXY: '"' }, { proxy: 'none' }],
    ['the host is this machine', { HTTPS_PROXY: '"', HTTP_PROXY: '"' }, { baseUrl: 'http://127.0.0.1:9' }],
    ['the host is excepted', { HTTPS_PROXY: '"', NO_PROXY: 'webank.com' }, {}],
    ['another variable counts', { ALL_PROXY: '"', https_proxy: 'http://proxy' }, {}],
    ['it is empty', { HTTPS_PROXY: ' ' }, {}],
    ['it is for the other scheme', { HTTP_PROXY: '"' }, {}],
  ])('may be unusable where %s', (_where, environment, change) => {
    expect(faultsWith(environment, change)).toEqual([]);
  });

  it.each([
    '"other.example"',
    'https://other.example',
    '10.0.0.0/8',
    'webank.com:8443',
    '127.0.0.1,localhost,.svc,::1',
  ])('does not mind NO_PROXY=%s, which is about others', (exceptions) =>
    expect(faultsWith({ ...HTTPS, NO_PROXY: exceptions })).toEqual([]),
  );
});

describe('the ticket store', () => {
  const { ticketStore: _named, ...unnamed } = GIVEN;

  it('must be named for a host that is not this machine, with the reason why', () => {
    expect(() => resolveOptions(unnamed)).toThrow(
      /ticketStore \(BANKCARD_OCR_TICKET_STORE\): must be named.*second process/,
    );
    expect(() => resolveOptions({ ...unnamed, baseUrl: 'http://vendor.lan', allowInsecureHttp: true })).toThrow(
      /must be named/,
    );
  });

  it('is this process for a loopback host', () => {
    expect(resolveOptions({ ...unnamed, baseUrl: 'http://127.0.0.1:9' }).ticketStore).toEqual({ kind: 'memory' });
  });

  it('is not asked for while it is unknown whether the host is this machine', () => {
    expect(faultsOf({ ticketStore: undefined, baseUrl: 'x' }).issues).toHaveLength(1);
  });

  it('may be a store of the application, taken as it is', () => {
    const store = new MemoryTicketStore();
    expect(resolveOptions({ ...GIVEN, ticketStore: store }).ticketStore).toBe(store);
  });
});

describe('warnings', () => {
  it.each<[Partial<BankCardOcrOptions>, RegExp[]]>([
    [{}, []],
    [{ refreshIntervalMs: 60_000 }, []],
    [{ refreshIntervalMs: 59_999, ticketOverlapMs: 60_000 }, [/refreshIntervalMs.*59999.*1200000/]],
    [{ ticketOverlapMs: 59_999 }, [/ticketOverlapMs \(BANKCARD_OCR_TICKET_OVERLAP_MS\) is 59999 ms.*60000/]],
    [{ refreshIntervalMs: 90_000, ticketOverlapMs: 120_000 }, [/refreshIntervalMs.*90000.*1200000/]],
    [{ refreshIntervalMs: 10, ticketOverlapMs: 5 }, [/refreshIntervalMs/, /ticketOverlapMs/]],
  ])('%j', (change, expected) => {
    const { warnings } = resolveOptions({ ...GIVEN, ...change });
    expect(warnings.map(({ en }) => en)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });

  it.each<[string, Partial<BankCardOcrOptions>, RegExp[]]>([
    [
      'half of a secret',
      { secret: SECRET.slice(0, 32) },
      [/^secret \(BANKCARD_OCR_SECRET\) has 32 characters.*have 64/],
    ],
    ['a comment behind it', { secret: `${SECRET}#prod` }, [/^secret .*has 69 characters/]],
    ['64 characters that are no letters', { secret: SECRET.replace('canary', 'c#n$ry') }, [/64 letters and digits/]],
    ['Base64 of a secret', { secret: Buffer.from(SECRET).toString('base64') }, [/Base64, as Kubernetes/]],
    ['Base64 of a line', { secret: Buffer.from(`${SECRET}\n`).toString('base64') }, [/Base64, as Kubernetes/]],
    ['the two swapped', { appId: SECRET, secret: 'IDA00001' }, [/^secret .*swapped/]],
    ['an app id to fill in', { appId: 'your-app-id' }, [/^appId .*placeholder/]],
    ['a name for an app id', { appId: 'WBappid' }, [/^appId .*placeholder/]],
    ['a comma behind it', { appId: 'IDA00001,' }, [/^appId \(BANKCARD_OCR_APP_ID\) contains characters other/]],
    ['a semicolon behind it', { appId: 'IDA00001;' }, [/^appId .*semicolon/]],
    ['an app id that a log has hidden', { appId: '***' }, [/^appId .*characters other than/]],
    ['the app id of the documents', { appId: 'IDAXXXXX' }, []],
  ])('of %s', (_what, change, expected) => {
    const { warnings } = resolveOptions({ ...GIVEN, ...change });
    expect(warnings.map(({ en }) => en)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
    expect(JSON.stringify(warnings)).not.toContain('canary');
    for (const { zh } of warnings) expect(zh).toMatch(/[\u4e00-\u9fff]{4}/);
  });
});

describe('the variables of an account', () => {
  const ENV = { BANKCARD_OCR_APP_ID: 'IDA00001', BANKCARD_OCR_SECRET: SECRET, BANKCARD_OCR_TICKET_STORE: 'memory:' };
  let directory: string;

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'env-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  function warningsWith(environment: Record<string, string>, given?: BankCardOcrOptions, name?: string): string[] {
    const options = given ?? bankCardOcrOptionsFromEnv(environment, name);
    const overlooked = overlookedVariables(options, name, environment, directory);
    return resolveOptions(options, name, environment, overlooked).warnings.map(({ en }) => en);
  }

  describe('variables that look like ours', () => {
    it.each([
      'BANKCARD_OCR_WARNINGPOLICY',
      'BANKCARD_OCR_APPID',
      'BANKCARDOCR_SECRET',
      'BANK_CARD_OCR_BASE_URL',
      'bankcard_ocr_secret',
      'BANKCARD_OCR_TIMEOUT',
      'BANKCARD_OCR_COMPLETELY_DIFFERENT_THING',
    ])('%s is none', (variable) => {
      expect(unknownVariables({ [variable]: 'x', PATH: '/bin' })).toEqual([variable]);
    });

    it('are not those that the command line reads, nor those of another registration', () => {
      const others = { ...ENV, BANKCARD_OCR_EXPLAIN_TICKET: 'x', LOANS_BANKCARD_OCR_APPID: 'x', OTHER: 'x' };
      expect(unknownVariables(others)).toEqual([]);
      expect(unknownVariables(others, 'loans')).toEqual(['LOANS_BANKCARD_OCR_APPID']);
    });

    it('are reported at startup, without their values', () => {
      const [warning, ...others] = warningsWith({ ...ENV, BANKCARD_OCR_WARNINGPOLICY: 'canary' });
      expect(others).toEqual([]);
      expect(warning).toMatch(/^BANKCARD_OCR_WARNINGPOLICY is no variable.*no effect: check its spelling$/);
    });
  });

  describe('a variable that the options do not come from', () => {
    const given: BankCardOcrOptions = { appId: 'IDA00001', secret: SECRET, ticketStore: 'memory:' };

    it('is reported at startup when its option is not set', () => {
      expect(warningsWith({ ...ENV, BANKCARD_OCR_WARNING_POLICY: 'strict' }, given)).toEqual([
        expect.stringMatching(/^BANKCARD_OCR_WARNING_POLICY is set and has no effect.*option warningPolicy/),
      ]);
    });

    it('is not when the option says something else, or comes from it', () => {
      const environment = { ...ENV, BANKCARD_OCR_WARNING_POLICY: 'strict' };
      expect(warningsWith(environment, { ...given, warningPolicy: 'report' })).toEqual([]);
      expect(warningsWith(environment)).toEqual([]);
    });
  });

  describe('a variable of .env that has not reached the process', () => {
    it.each(['.env', '.env.local', '.env.production'])('of %s is told at the start, by its name', (file) => {
      writeFileSync(join(directory, file), 'BANKCARD_OCR_WARNING_POLICY=strict\nOTHER=canary\n');
      expect(warningsWith({ ...ENV, NODE_ENV: 'production' })).toEqual([
        expect.stringContaining(`${file} sets BANKCARD_OCR_WARNING_POLICY, which has not reached process.env`),
      ]);
    });

    it('is reported in the error of a startup that fails for it, in both languages', () => {
      writeFileSync(join(directory, '.env'), `BANKCARD_OCR_SECRET=${SECRET}\n`);
      const { BANKCARD_OCR_SECRET: _dropped, ...environment } = ENV;
      let failure: { message?: string; messageZh?: string } = {};
      try {
        warningsWith(environment);
      } catch (error) {
        failure = error as typeof failure;
      }
      expect(failure.message).toMatch(/1 fault.*\n {2}\.env sets BANKCARD_OCR_SECRET.*secret \(BANKCARD_OCR_SECRET\)/s);
      expect(failure.messageZh).toMatch(/\.env 里设置的 BANKCARD_OCR_SECRET.*validate/);
      expect(`${failure.message}${failure.messageZh}`).not.toContain('canary');
    });

    it('is not when it has, when it is empty, or when an option says it', () => {
      const lines = 'BANKCARD_OCR_SECRET=other\nBANKCARD_OCR_PROXY=\nBANKCARD_OCR_TRANSPORT=undici\n';
      writeFileSync(join(directory, '.env'), lines);
      const options: BankCardOcrOptions = { ...bankCardOcrOptionsFromEnv(ENV), transport: 'http-service' };
      expect(warningsWith(ENV, options)).toEqual([]);
    });
  });
});
