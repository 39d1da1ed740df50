import { inspect } from 'node:util';
import { ManualClock } from '../testing/manual-clock.js';
import { MemoryTicketStore } from '../credentials/store/memory-ticket.store.js';
import { BankCardOcrConfigurationError } from '../errors/configuration-error.js';
import type { BankCardOcrOptions, WarningPolicy } from './bankcard-ocr.options.js';
import { DEFAULTS } from './defaults.js';
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
    const { baseUrl: _url, allowInsecureHttp: _allow, ...defaults } = DEFAULTS;
    expect(resolved).toEqual({
      ...defaults,
      ...{ appId: 'IDA00001', ticketStore: { kind: 'memory' }, codeRules: {}, warnings: [] },
      recognitionAppIdField: 'webankAppId',
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
      ...{ backgroundRefresh: false, appIdParameter: 'webankAppId', version: '2' },
      paths: { queryResult: '/q', apiTicket: undefined },
    });
    expect(resolved.clock).toBe(clock);
    expect(resolved).toMatchObject({ timeoutMs: 0.5, waitForPhotosMs: 0, maxAttempts: 3, backgroundRefresh: false });
    expect(resolved.paths).toEqual({ ...DEFAULTS.paths, queryResult: '/q' });
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
    ['ticketStore', 'redis://:pa55word@host/x', /no number/, 'BANKCARD_OCR_TICKET_STORE'],
    ['storeKey', 'pa55word', /32 random bytes/, 'BANKCARD_OCR_STORE_KEY'],
    ['role', 'writer', /'refresher' or 'reader'/, 'BANKCARD_OCR_ROLE'],
    ['role', 'reader', /store of this process only/, 'BANKCARD_OCR_ROLE'],
    ['onStoreLoss', true, /'fail' or 'refresh-alone'/, 'BANKCARD_OCR_ON_STORE_LOSS'],
    ['verifyWindowMs', -1, /milliseconds, 0 or more/, undefined],
    ['ticketStore', 5, /or a TicketStore/, 'BANKCARD_OCR_TICKET_STORE'],
    ['ticketStore', {}, /or a TicketStore/, 'BANKCARD_OCR_TICKET_STORE'],
    ['refreshIntervalMs', 0, /more than 0/, 'BANKCARD_OCR_REFRESH_INTERVAL_MS'],
    ['ticketOverlapMs', -1, /more than 0/, 'BANKCARD_OCR_TICKET_OVERLAP_MS'],
    ['timeoutMs', NaN, /milliseconds/, 'BANKCARD_OCR_TIMEOUT_MS'],
    ['attemptTimeoutMs', '5', /milliseconds/],
    ['connectTimeoutMs', Infinity, /milliseconds/],
    ['waitForPhotosMs', -1, /0 or more/],
    ['waitForResultMs', -1, /0 or more/],
    ['retentionMs', 0, /milliseconds, more than 0/],
    ['retentionMs', Infinity, /milliseconds/],
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
    ['maxAnswerBytes', '1MB', /bytes/],
    ['version', '', /1 to 20/],
    ['version', '123456789012345678901', /1 to 20/],
    ['appIdParameter', 'app-id', /'app_id', 'appId' or 'webankAppId'/],
    ['paths', { queryResult: 'api' }, /queryResult must begin with one slash/],
    ['paths', { queryResult: '//elsewhere/api' }, /two slashes in a row/],
    ['paths', { queryResults: '/api' }, /knows no 'queryResults'/],
    ['clock', {}, /must have now\(\)/],
    ['paths', { queryResult: '/a?b' }, /neither query/],
    ['paths', { queryResult: '/a b' }, /white space/],
    ['paths', { apiTicket: 5 }, /apiTicket must/],
    ['paths', { apiTicket: null }, /apiTicket must/],
    ['backgroundRefresh', 'false', /true or false/],
    ['allowInsecureHttp', 'yes', /true or false/],
    ['codeRules', null, /an object/],
    ['codeRules', 'x', /an object/],
    ['codeRules', { '4': null }, /'4' must be an object/],
    ['codeRules', { '4': { error: 'NO_SUCH_CODE' } }, /'4'.*error/],
    ['codeRules', { '4': { error: 'constructor' } }, /'4'.*error/],
    ['codeRules', { '4': { actor: 'somebody' } }, /'4'.*actor/],
    ['codeRules', { '4': { retry: 'always' } }, /'4'.*retry/],
    ['codeRules', { '4': { en: 5 } }, /'4'.*en/],
  ])('%s = %j is refused', (option, value, fix, ...rest) => {
    // Jest hands a callback in where a row is short.
    const variable = typeof rest[0] === 'string' ? rest[0] : undefined;
    const { faults, message } = faultsOf({ [option]: value });
    expect(faults).toEqual([{ option, variable, fix: expect.stringMatching(fix) }]);
    expect(message).toContain(`  - ${option}${variable ? ` (${variable})` : ''}: `);
    expect(message).not.toContain('pa55word');
    expect(message).not.toContain('canary');
  });

  it('are a reader that would refresh alone, which it never does', () => {
    const { faults } = faultsOf({ role: 'reader', ticketStore: 'file:/tickets', onStoreLoss: 'refresh-alone' });
    expect(faults).toMatchObject([{ option: 'onStoreLoss', fix: expect.stringContaining('leave it out') }]);
  });

  it('are all reported in one error', () => {
    const error = faultsOf({
      ...{ appId: '', secret: ' ', baseUrl: 'x', ticketStore: 'x', version: '', appIdParameter: 'x', timeoutMs: 0 },
      ...{ maxAttempts: 0, paths: { apiTicket: 'x', queryResult: 'x' }, codeRules: 5, backgroundRefresh: 1 },
    });
    expect(error.faults.map(({ option }) => option).sort()).toEqual(
      [
        ...['appId', 'appIdParameter', 'backgroundRefresh', 'baseUrl', 'codeRules', 'maxAttempts', 'paths', 'paths'],
        ...['secret', 'ticketStore', 'timeoutMs', 'version'],
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
    expect(faultsOf({ ticketStore: undefined, baseUrl: 'x' }).faults).toHaveLength(1);
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
    [
      { refreshIntervalMs: 59_999, ticketOverlapMs: 60_000 },
      [/refreshIntervalMs.*1200000/, /shorter than ticketOverlap/],
    ],
    [{ ticketOverlapMs: 59_999 }, [/ticketOverlapMs \(BANKCARD_OCR_TICKET_OVERLAP_MS\) is 59999 ms.*60000/]],
    [{ refreshIntervalMs: 90_000, ticketOverlapMs: 120_000 }, [/shorter than ticketOverlapMs/]],
    [{ refreshIntervalMs: 10, ticketOverlapMs: 5 }, [/refreshIntervalMs/, /ticketOverlapMs/]],
  ])('%j', (change, expected) => {
    const { warnings } = resolveOptions({ ...GIVEN, ...change });
    expect(warnings).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });
});
