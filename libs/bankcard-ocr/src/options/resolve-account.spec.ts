import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BankCardOcrOptions } from './bankcard-ocr.options.js';
import { bankCardOcrOptionsFromEnv, unknownVariables } from './options-from-env.js';
import { resolveAccount } from './resolve-account.js';

const SECRET = 'canary0secret0canary0secret0canary0secret0canary0secret0canary00';
const ENV = { BANKCARD_OCR_APP_ID: 'IDA00001', BANKCARD_OCR_SECRET: SECRET, BANKCARD_OCR_TICKET_STORE: 'memory:' };
let directory: string;

beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'env-'))));
afterEach(() => rmSync(directory, { recursive: true }));

function warningsWith(environment: Record<string, string>, given?: BankCardOcrOptions, name?: string): string[] {
  const options = given ?? bankCardOcrOptionsFromEnv(environment, name);
  return resolveAccount(options, name, environment, directory).warnings.map(({ en }) => en);
}

describe('variables that look like ours', () => {
  it.each([
    ['BANKCARD_OCR_WARNINGPOLICY', 'BANKCARD_OCR_WARNING_POLICY'],
    ['BANKCARD_OCR_WARNING_POLICIES', 'BANKCARD_OCR_WARNING_POLICY'],
    ['BANKCARD_OCR_APPID', 'BANKCARD_OCR_APP_ID'],
    ['BANKCARDOCR_SECRET', 'BANKCARD_OCR_SECRET'],
    ['BANK_CARD_OCR_BASE_URL', 'BANKCARD_OCR_BASE_URL'],
    ['bankcard_ocr_secret', 'BANKCARD_OCR_SECRET'],
    ['BANKCARD_OCR_TIMEOUT', 'BANKCARD_OCR_TIMEOUT_MS'],
    ['BANKCARD_OCR_STOREENCRYPTIONKEY', 'BANKCARD_OCR_STORE_ENCRYPTION_KEY'],
    ['BANKCARD_OCR_COMPLETELY_DIFFERENT_THING', undefined],
  ])('%s is none; %s may be meant', (variable, nearest) => {
    expect(unknownVariables({ [variable]: 'x', PATH: '/bin' })).toEqual([{ variable, ...(nearest && { nearest }) }]);
  });

  it('are not those that the command line reads, nor those of another registration', () => {
    const others = { ...ENV, BANKCARD_OCR_EXPLAIN_TICKET: 'x', LOANS_BANKCARD_OCR_APPID: 'x', OTHER: 'x' };
    expect(unknownVariables(others)).toEqual([]);
    expect(unknownVariables(others, 'loans')).toEqual([
      { variable: 'LOANS_BANKCARD_OCR_APPID', nearest: 'LOANS_BANKCARD_OCR_APP_ID' },
    ]);
  });

  it('are told at the start, without their values', () => {
    const [warning, ...others] = warningsWith({ ...ENV, BANKCARD_OCR_WARNINGPOLICY: 'canary' });
    expect(others).toEqual([]);
    expect(warning).toMatch(/^BANKCARD_OCR_WARNINGPOLICY is no variable.*no effect: BANKCARD_OCR_WARNING_POLICY is$/);
  });
});

describe('a variable that the options do not come from', () => {
  const given: BankCardOcrOptions = { appId: 'IDA00001', secret: SECRET, ticketStore: 'memory:' };

  it('is told at the start when its option is not set', () => {
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

  it('is told in the error of a start that fails for it, in both languages', () => {
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
