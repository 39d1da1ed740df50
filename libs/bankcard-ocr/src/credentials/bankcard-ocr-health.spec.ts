import { BankCardOcrHealth } from './bankcard-ocr-health.js';
import type { TicketService, TicketStatus } from './ticket.service.js';

const NEVER: TicketStatus = {
  state: 'none',
  everObtained: false,
  refreshing: true,
  role: 'refresher',
  foreignRefreshSuspected: 0,
  store: { description: 'memory', scope: 'process', failing: false },
};
const FAILING: Partial<TicketStatus> = { store: { ...NEVER.store, failing: true } };
const FRESH: TicketStatus = { ...NEVER, state: 'fresh', everObtained: true, refreshing: false, ageMs: 61_400 };
const OUTAGE = { failure: { code: 'VENDOR_FAULT', vendorCode: '999999', retryInMs: 10_000 } } as const;
const EXPIRED: TicketStatus = { ...NEVER, everObtained: true };

describe('the health of an account', () => {
  it.each<[string, TicketStatus, object]>([
    ['before the first credentials', NEVER, { status: 'down', state: 'none', store: 'ok' }],
    [
      'before the first credentials, which Tencent refuses',
      { ...NEVER, failure: { code: 'CREDENTIALS_REJECTED', retryInMs: 1 } },
      { status: 'down', state: 'none', store: 'ok', lastFailure: 'CREDENTIALS_REJECTED' },
    ],
    ['with fresh credentials', FRESH, { status: 'up', state: 'fresh', ageSeconds: 61, store: 'ok' }],
    [
      'with fresh credentials and a lost store',
      { ...FRESH, ...FAILING },
      { status: 'up', state: 'fresh', ageSeconds: 61, store: 'failing' },
    ],
    [
      'while Tencent is down',
      { ...FRESH, state: 'due', ...OUTAGE },
      { status: 'up', state: 'due', ageSeconds: 61, store: 'ok', lastFailure: 'VENDOR_FAULT' },
    ],
    [
      'while Tencent is down, and the last credentials have expired',
      { ...EXPIRED, ...OUTAGE },
      { status: 'up', state: 'none', store: 'ok', lastFailure: 'VENDOR_FAULT' },
    ],
    [
      'when the credentials have expired and the store is lost',
      { ...EXPIRED, ...FAILING },
      { status: 'down', state: 'none', store: 'failing' },
    ],
  ])('%s', (_when, status, expected) => {
    const health = new BankCardOcrHealth({ status: () => status } as TicketService);
    expect(health.check('cards')).toEqual({ cards: expected });
  });

  it.each<[string, unknown]>([
    ['has no status()', {}],
    ['knows little', { status: () => ({ generationId: 'id' }) }],
    ['returns nothing', { status: () => undefined }],
    [
      'throws',
      {
        status: () => {
          throw new Error('secret');
        },
      },
    ],
  ])('never throws, also with an overridden TicketService that %s', (_what, tickets) => {
    const health = new BankCardOcrHealth(tickets as TicketService);
    expect(health.check('cards')).toEqual({ cards: { status: 'up', state: 'unknown', store: 'unknown' } });
  });
});
