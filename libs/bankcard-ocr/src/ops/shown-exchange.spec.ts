import type { TicketEvent } from '../credentials/ticket-event.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { AttemptEnd } from '../telemetry/instrumentation.js';
import { addRecent } from './observed-accounts.js';
import { meaningOf, showEvent, showExchange, shownVendorCode } from './shown-exchange.js';

const AT_MS = Date.UTC(2026, 10, 28, 9);
const AT = '2026-11-28T09:00:00.000Z';

describe('what operators see of an exchange', () => {
  const end: AttemptEnd = {
    account: undefined,
    endpoint: 'getBankCardOcrResult',
    outcome: 'OK',
    vendorCode: '0',
    bizSeqNo: '21062120001184412617492807497465',
    status: 200,
    durationMs: 41.6,
    attempt: 1,
    generation: 7,
  };

  it('is what happened, without the serial number, and without what is added later', () => {
    expect(showExchange({ ...end, orderNo: 'order1' } as AttemptEnd, AT_MS)).toEqual({
      account: null,
      at: AT,
      endpoint: 'getBankCardOcrResult',
      outcome: 'OK',
      vendorCode: '0',
      status: 200,
      durationMs: 42,
      attempt: 1,
      generation: 7,
    });
  });

  it.each([
    ['getOcrResult', 'getOcrResult'],
    ['card 6222021234567890128', 'OTHER'],
    ['', 'OTHER'],
    ['a'.repeat(65), 'OTHER'],
  ])('shows the endpoint %p as %s', (endpoint, shown) => {
    expect(showExchange({ ...end, endpoint }, AT_MS).endpoint).toBe(shown);
  });

  it.each([
    ['0', '0'],
    ['-9013', '-9013'],
    ['66660020', '66660020'],
    [undefined, undefined],
    ['6222021234567890128', 'OTHER'],
    ['4AE72E6FBC2E9E1282922B013D1B4C2CBD38C4BD', 'OTHER'],
    ['', 'OTHER'],
  ])("shows Tencent's code %p as %p", (code, shown) => {
    expect(shownVendorCode(code)).toBe(shown);
  });
});

describe('what operators see of an event', () => {
  const generation = 7;
  const error = new BankCardOcrError('VENDOR_FAULT', {
    message: 'canary',
    vendorCode: '999999',
    vendorMessage: 'canary',
    bizSeqNo: 'canary',
    cause: new Error('canary'),
  });

  it.each<[TicketEvent, object]>([
    [
      { type: 'credentials-updated', generation, generationId: 'id', source: 'store', remainingMs: 5 },
      { generation, generationId: 'id', source: 'store', remainingMs: 5 },
    ],
    [
      { type: 'refresh-started', reason: 'due', attempt: 2, forced: true },
      { reason: 'due', attempt: 2, forced: true },
    ],
    [{ type: 'token-pending', generation }, { generation }],
    [{ type: 'token-request-in-doubt', generation }, { generation }],
    [
      { type: 'pending-token-refused', generation, vendorCode: '15' },
      { generation, vendorCode: '15' },
    ],
    [
      { type: 'refresh-failed', reason: 'due', attempt: 1, error, retryInMs: 9, repeated: false },
      { reason: 'due', attempt: 1, code: 'VENDOR_FAULT', vendorCode: '999999', actor: 'vendor', retryInMs: 9 },
    ],
    [{ type: 'credentials-rejected', generation }, { generation }],
    [
      { type: 'store-failed', operation: 'read', error: new BankCardOcrError('NO_VALID_TICKET'), repeated: true },
      { operation: 'read', code: 'NO_VALID_TICKET' },
    ],
    [{ type: 'store-recovered' }, {}],
    [{ type: 'store-restored', generation }, { generation }],
    [{ type: 'refresh-conflict', generation }, { generation }],
    [
      { type: 'foreign-refresh-suspected', generation, ageMs: 1.2, remainingMs: 2.7, times: 3, repeated: false },
      { generation, ageMs: 1, remainingMs: 3, times: 3 },
    ],
    [{ type: 'secret-changed' }, {}],
    [{ type: 'credentials-unreadable' }, {}],
  ])('%j', (event, members) => {
    const shown = showEvent(event, 'loans', AT_MS);
    expect(shown).toEqual({ account: 'loans', at: AT, event: event.type, ...members });
    expect(JSON.stringify(shown)).not.toContain('canary');
  });
});

describe('the meaning of a failure', () => {
  it.each([
    [{ code: 'ACCESS_DENIED', vendorCode: '66660002' }, /contract/],
    [{ code: 'VENDOR_CODE_UNKNOWN', vendorCode: 'constructor' }, /./],
    [{ code: 'TIMEOUT' }, /time limit/],
  ] as const)('%j', (failure, meaning) => {
    const { en, zh } = meaningOf(failure);
    expect(en).toMatch(meaning);
    expect(zh).not.toBe('');
  });
});

describe('the last items', () => {
  it('are at most as many as there is room for, the newest first', () => {
    const recent: number[] = [];
    for (let item = 1; item <= 7; item += 1) {
      addRecent(recent, item, 3);
      expect(recent).toEqual([item, item - 1, item - 2].filter((one) => one > 0));
    }
  });
});
