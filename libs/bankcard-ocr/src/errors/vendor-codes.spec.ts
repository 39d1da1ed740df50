import { ERROR_TEXTS } from './error-codes.js';
import { type VendorCodeOverrides, VENDOR_CODES, vendorCodeRule, WARNING_TEXTS } from './vendor-codes.js';

/** Typed in from protocol.md section 6, row by row: the code, who must act, when it may be sent again. */
const PROTOCOL_ROWS = [
  ['15', 'application', 'refresh-credentials', 'CREDENTIALS_REJECTED'],
  ['400101', 'developer', 'refresh-credentials', 'CREDENTIALS_REJECTED'],
  ['1', 'developer', 'never', 'INVALID_ARGUMENT'],
  ['2', 'developer', 'never', 'INVALID_ARGUMENT'],
  ['3', 'developer', 'never', 'INVALID_ARGUMENT'],
  ['4', 'vendor', 'backoff', 'VENDOR_FAULT'],
  ['6', 'vendor', 'backoff', 'VENDOR_FAULT'],
  ['7', 'vendor', 'backoff', 'VENDOR_FAULT'],
  ['8', 'vendor', 'backoff', 'VENDOR_FAULT'],
  ['9', 'vendor', 'backoff', 'VENDOR_FAULT'],
  ['10', 'vendor', 'backoff', 'VENDOR_FAULT'],
  ['11', 'vendor', 'backoff', 'VENDOR_FAULT'],
  ['12', 'vendor', 'backoff', 'VENDOR_FAULT'],
  ['13', 'vendor', 'backoff', 'VENDOR_FAULT'],
  ['5', 'developer', 'once', 'ORDER_NOT_FOUND'],
  ['14', 'developer', 'never', 'INVALID_ARGUMENT'],
  ['400102', 'application', 'refresh-credentials', 'CREDENTIALS_REJECTED'],
  ['400103', 'developer', 'never', 'ACCESS_DENIED'],
  ['400104', 'developer', 'never', 'ACCESS_DENIED'],
  ['400105', 'developer', 'never', 'ACCESS_DENIED'],
  ['400501', 'application', 'backoff', 'RATE_LIMITED'],
  ['400502', 'developer', 'never', 'CONFIGURATION'],
  ['400503', 'developer', 'never', 'INVALID_ARGUMENT'],
  ['400504', 'application', 'delayed', 'RATE_LIMITED'],
  ['400506', 'application', 'backoff', 'RATE_LIMITED'],
  ['400601', 'developer', 'never', 'INVALID_ARGUMENT'],
  ['999999', 'vendor', 'backoff', 'VENDOR_FAULT'],
  ['999998', 'vendor', 'backoff', 'VENDOR_FAULT'],
  ['999997', 'vendor', 'backoff', 'VENDOR_FAULT'],
  ['66660021', 'vendor', 'backoff', 'VENDOR_FAULT'],
  ['300101', 'end-user', 'never', 'VENDOR_FAULT'],
  ['66660000', 'developer', 'never', 'INVALID_ARGUMENT'],
  ['-1304', 'developer', 'never', 'INVALID_ARGUMENT'],
  ['66660001', 'developer', 'never', 'CONFIGURATION'],
  ['66660002', 'business', 'never', 'ACCESS_DENIED'],
  ['66660011', 'developer', 'once', 'ORDER_NOT_FOUND'],
  ['66660020', 'developer', 'once', 'ORDER_NOT_FOUND'],
  ['66660030', 'business', 'never', 'ACCESS_DENIED'],
  ['-9011', 'end-user', 'never', 'CARD_UNREADABLE'],
  ['-9012', 'end-user', 'never', 'CARD_UNREADABLE'],
  ['-9013', 'end-user', 'never', 'CARD_UNREADABLE'],
  ['-9014', 'end-user', 'never', 'CARD_UNREADABLE'],
] as const;

/** Codes for pictures that are documented for the vendor's sibling products: a new photo is what helps. */
const SIBLING_ROWS = [
  ['66660015', 'end-user', 'never', 'CARD_UNREADABLE'],
  ['66661001', 'end-user', 'never', 'CARD_UNREADABLE'],
  ['66661005', 'end-user', 'never', 'CARD_UNREADABLE'],
  ['66661010', 'end-user', 'never', 'CARD_UNREADABLE'],
] as const;

/** The sentence below the table of protocol.md section 6. */
const PROTOCOL_WARNINGS = [
  ['-9110', /date/, /日期/],
  ['-9111', /border/, /边框/],
  ['-9112', /glare/, /反光/],
  ['-9113', /photocopy/, /复印/],
  ['-9114', /screen/, /翻拍/],
  ['66661009', /expired/, /过期/],
] as const;

describe('the table of vendor codes', () => {
  it('has the 42 codes of the documents, those of siblings for pictures, and no other', () => {
    expect(PROTOCOL_ROWS).toHaveLength(42);
    const rows = [...PROTOCOL_ROWS, ...SIBLING_ROWS];
    expect(Object.keys(VENDOR_CODES).sort()).toEqual(rows.map(([code]) => code).sort());
  });

  it.each([...PROTOCOL_ROWS, ...SIBLING_ROWS])(
    '%s: %s acts, sent again: %s, thrown as %s',
    (code, actor, retry, error) => {
      expect(vendorCodeRule(code)).toMatchObject({ actor, retry, error });
    },
  );

  it('says something of its own in both languages', () => {
    for (const [code, { en, zh }] of Object.entries(VENDOR_CODES)) {
      expect([code, en]).toEqual([code, expect.stringMatching(/^[A-Za-z]/)]);
      expect([code, zh]).toEqual([code, expect.stringMatching(/[\u4e00-\u9fff]/)]);
    }
  });
});

describe('the table of warnings', () => {
  it('has the 6 codes of the documents and no other', () => {
    expect(PROTOCOL_WARNINGS).toHaveLength(6);
    expect(Object.keys(WARNING_TEXTS).sort()).toEqual(PROTOCOL_WARNINGS.map(([code]) => code).sort());
  });

  it.each(PROTOCOL_WARNINGS)('%s', (code, en, zh) => {
    expect(WARNING_TEXTS[code]?.en).toMatch(en);
    expect(WARNING_TEXTS[code]?.zh).toMatch(zh);
  });
});

/** Names that every object has, or that change what an object is. */
const TREACHEROUS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', ''];

describe('a code that is in no document', () => {
  it.each([...TREACHEROUS, '31415926', '-1', '00', '0x0f', 'OK'])('%j is shown, not repeated', (code) => {
    expect(vendorCodeRule(code)).toEqual({
      error: 'VENDOR_CODE_UNKNOWN',
      actor: 'developer',
      retry: 'never',
      en: expect.stringContaining('vendorCodeOverrides'),
      zh: expect.stringContaining('vendorCodeOverrides'),
    });
  });
});

describe('vendorCodeOverrides', () => {
  it('replace a row field by field', () => {
    const rules: VendorCodeOverrides = {
      '66660020': { retry: 'never' },
      '300101': { actor: 'vendor', en: 'our own words' },
    };
    expect(vendorCodeRule('66660020', rules)).toEqual({ ...VENDOR_CODES['66660020'], retry: 'never' });
    expect(vendorCodeRule('300101', rules)).toEqual({
      ...VENDOR_CODES['300101'],
      actor: 'vendor',
      en: 'our own words',
    });
    expect(vendorCodeRule('5', rules)).toEqual(VENDOR_CODES['5']);
  });

  it('give an unknown code a row, the rest of which stays as for unknown codes', () => {
    const rule = vendorCodeRule('31415926', {
      '31415926': { error: 'VENDOR_FAULT', actor: 'vendor', retry: 'backoff' },
    });
    expect(rule).toMatchObject({ error: 'VENDOR_FAULT', actor: 'vendor', retry: 'backoff' });
    expect(rule.en).not.toBe('');
  });

  it('change nothing with a field that is undefined', () => {
    const rules: VendorCodeOverrides = { '4': { error: undefined, actor: undefined, retry: undefined, en: undefined } };
    expect(vendorCodeRule('4', rules)).toEqual(VENDOR_CODES['4']);
  });

  it.each(TREACHEROUS)('do not confuse the code %j with what every object has', (code) => {
    expect(vendorCodeRule(code, {}).error).toBe('VENDOR_CODE_UNKNOWN');
    expect(vendorCodeRule(code, { '4': { error: 'TIMEOUT' } }).error).toBe('VENDOR_CODE_UNKNOWN');
  });

  it('can be given for a code with such a name, and leave every other object as it is', () => {
    const rules = JSON.parse('{"__proto__":{"error":"VENDOR_FAULT","retry":"backoff"}}') as VendorCodeOverrides;
    expect(vendorCodeRule('__proto__', rules)).toMatchObject({ error: 'VENDOR_FAULT', retry: 'backoff' });
    expect(({} as { error?: string }).error).toBeUndefined();
  });

  it('do not change the table', () => {
    vendorCodeRule('4', { '4': { en: 'changed' } });
    expect(VENDOR_CODES['4']?.en).toBe('system fault');
  });
});

it('every row is thrown as an error that has a text', () => {
  for (const { error } of Object.values(VENDOR_CODES)) expect(ERROR_TEXTS).toHaveProperty(error);
});
