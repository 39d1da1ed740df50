import { BankCardOcrConfigurationError } from '../errors/configuration-error.js';
import { OPTION_VARIABLES } from './option-table.js';
import { bankCardOcrOptionsFromEnv } from './options-from-env.js';
import { resolveOptions } from './resolve-options.js';

const ENV = {
  BANKCARD_OCR_APP_ID: 'IDA00001',
  BANKCARD_OCR_SECRET: 'canary-secret',
  BANKCARD_OCR_BASE_URL: 'https://kyc.example/prefix',
  BANKCARD_OCR_TICKET_STORE: 'file:/var/lib/tickets',
  BANKCARD_OCR_STORE_ENCRYPTION_KEY: 'canary-key',
  BANKCARD_OCR_ROLE: 'reader',
  BANKCARD_OCR_TRANSPORT: 'undici',
  BANKCARD_OCR_PROXY: 'http://proxy:3128',
  BANKCARD_OCR_RECOGNITION_BASE_URL: 'https://ida.example',
  BANKCARD_OCR_WARNING_POLICY: 'strict',
  BANKCARD_OCR_TIMEOUT_MS: '9000',
  BANKCARD_OCR_ATTEMPT_TIMEOUT_MS: '4000',
  BANKCARD_OCR_REFRESH_INTERVAL_MS: '600000',
  BANKCARD_OCR_TICKET_OVERLAP_MS: '60000',
};

describe('options from the environment', () => {
  it('reads every variable, and no other', () => {
    expect(Object.values(OPTION_VARIABLES).sort()).toEqual(Object.keys(ENV).sort());
    expect(bankCardOcrOptionsFromEnv({ ...ENV, BANKCARD_OCR_OTHER: 'x', APP_ID: 'y' })).toEqual({
      ...{ appId: 'IDA00001', secret: 'canary-secret', baseUrl: 'https://kyc.example/prefix' },
      ...{
        ticketStore: 'file:/var/lib/tickets',
        storeEncryptionKey: 'canary-key',
        role: 'reader',
        transport: 'undici',
        proxy: 'http://proxy:3128',
        recognitionBaseUrl: 'https://ida.example',
        warningPolicy: 'strict',
        timeoutMs: 9_000,
        attemptTimeoutMs: 4_000,
        refreshIntervalMs: 600_000,
        ticketOverlapMs: 60_000,
      },
    });
  });

  it.each(['', '   ', undefined])('counts %j as not set', (value) => {
    const env = Object.fromEntries(Object.keys(ENV).map((name) => [name, value]));
    const options = bankCardOcrOptionsFromEnv(env);
    const { appId, secret, ...rest } = options;
    expect([appId, secret]).toEqual(['', '']);
    expect(Object.values(rest).every((member) => member === undefined)).toBe(true);
  });

  it('drops white space around values, as editors and secret stores leave it', () => {
    expect(bankCardOcrOptionsFromEnv({ ...ENV, BANKCARD_OCR_SECRET: ' canary-secret\n' }).secret).toBe('canary-secret');
    expect(bankCardOcrOptionsFromEnv({ ...ENV, BANKCARD_OCR_TIMEOUT_MS: ' 9000 ' }).timeoutMs).toBe(9_000);
  });

  it('reads half a millisecond', () => {
    expect(bankCardOcrOptionsFromEnv({ ...ENV, BANKCARD_OCR_TIMEOUT_MS: '0.5' }).timeoutMs).toBe(0.5);
  });

  it('leaves the default where nothing is set', () => {
    const resolved = resolveOptions(
      bankCardOcrOptionsFromEnv({
        BANKCARD_OCR_APP_ID: 'IDA00001',
        BANKCARD_OCR_SECRET: 's',
        BANKCARD_OCR_TICKET_STORE: 'memory:',
      }),
    );
    expect(resolved).toMatchObject({ timeoutMs: 15_000, refreshIntervalMs: 1_200_000, ticketOverlapMs: 60_000 });
    expect(resolved.baseUrl.origin).toBe('https://idasc.webank.com');
  });

  it.each(['5s', '1,000', '0', '-1', 'NaN', 'Infinity', '1_000', '٥', '5 000', '0x10', '1e3', '+5', '5.'])(
    'a duration of %j is reported at the start, with its variable',
    (value) => {
      const options = bankCardOcrOptionsFromEnv({ ...ENV, BANKCARD_OCR_TIMEOUT_MS: value });
      expect(() => resolveOptions(options)).toThrow(/timeoutMs \(BANKCARD_OCR_TIMEOUT_MS\): must be a number of milli/);
    },
  );

  it('reports everything that is missing in one error', () => {
    const fail = () => resolveOptions(bankCardOcrOptionsFromEnv({}));
    expect(fail).toThrow(BankCardOcrConfigurationError);
    expect(fail).toThrow(
      /3 faults[\s\S]*BANKCARD_OCR_APP_ID[\s\S]*BANKCARD_OCR_SECRET[\s\S]*BANKCARD_OCR_TICKET_STORE/,
    );
  });
});
