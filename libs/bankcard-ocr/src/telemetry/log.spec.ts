import type { TicketEvent } from '../credentials/ticket-event.js';
import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import type { ExchangeRecord } from '../vendor/http/vendor-http-client.js';
import { type ExchangeLine, logExchange, type LogSink, logTicketEvent } from './log.js';

function linesOf(write: (log: LogSink) => void): string[] {
  const lines: string[] = [];
  const level = (name: string) => (line: string | ExchangeLine) => void lines.push(`${name}: ${String(line)}`);
  write({ debug: level('debug'), log: level('log'), warn: level('warn'), error: level('error') });
  return lines;
}

describe('the line of an exchange', () => {
  const record = { endpoint: 'getBankCardOcrResult', durationMs: 12, attempt: 1 } as const;

  it.each<[Partial<ExchangeRecord>, string]>([
    [
      { outcome: 'OK', vendorCode: '0', bizSeqNo: 'b1', generation: 7 },
      'debug: getBankCardOcrResult OK code=0 bizSeqNo=b1 duration=12ms attempt=1 generation=7',
    ],
    [
      { outcome: 'OK', vendorCode: '0', orderRef: () => '0123456789abcdef' },
      'debug: getBankCardOcrResult OK code=0 bizSeqNo=- duration=12ms attempt=1 generation=- orderRef=0123456789abcdef',
    ],
    [
      { outcome: 'ABORTED' },
      'debug: getBankCardOcrResult ABORTED code=- bizSeqNo=- duration=12ms attempt=1 generation=-',
    ],
    [
      { outcome: 'RATE_LIMITED', vendorCode: '400501', attempt: 2 },
      'warn: getBankCardOcrResult RATE_LIMITED code=400501 bizSeqNo=- duration=12ms attempt=2 generation=-',
    ],
    [
      { endpoint: 'access_token', outcome: 'UNREACHABLE' },
      'warn: access_token UNREACHABLE code=- bizSeqNo=- duration=12ms attempt=1 generation=-',
    ],
  ])('%j', (change, line) => {
    expect(linesOf((log) => logExchange(log, { ...record, outcome: 'OK', ...change }))).toEqual([line]);
  });
});

describe('the lines of the credentials', () => {
  const failed = (actor: 'developer' | 'business' | 'vendor' | 'application', repeated: boolean): TicketEvent => {
    const error = new BankCardOcrError('VENDOR_FAULT', { message: 'it failed', vendorMessage: '原因', actor });
    return { type: 'refresh-failed', reason: 'due', attempt: 3, error, retryInMs: 950, repeated };
  };
  const line = 'refresh failed, attempt 3: it failed (vendor: 原因); next try in 0.9 s';
  const bare: TicketEvent = {
    type: 'refresh-failed',
    reason: 'due',
    attempt: 1,
    error: new BankCardOcrError('TIMEOUT'),
    retryInMs: 300_000,
    repeated: false,
  };
  const generation = 7;
  const foreign = (repeated: boolean): TicketEvent => {
    const times = { ageMs: 60_000, remainingMs: 3_540_000, times: 1, repeated };
    return { type: 'foreign-refresh-suspected', generation, vendorCode: '400102', ...times };
  };

  it.each<[TicketEvent, string]>([
    [
      { type: 'credentials-updated', generation, generationId: 'id', source: 'refresh', remainingMs: 3_600_000 },
      'log: credentials refreshed: generation 7, good for 3600 s',
    ],
    [
      { type: 'credentials-updated', generation, generationId: 'id', source: 'store', remainingMs: 1_500 },
      'log: credentials taken from the store: generation 7, good for 1.5 s',
    ],
    [
      { type: 'refresh-started', reason: 'due', attempt: 2, forced: false },
      'debug: refresh started, reason due, attempt 2',
    ],
    [{ type: 'token-pending', generation }, 'debug: token of generation 7 issued, its SIGN ticket is next'],
    [failed('vendor', false), `warn: ${line}`],
    [failed('application', false), `warn: ${line}`],
    [failed('developer', false), `error: ${line}. Retries will not fix this`],
    [failed('business', false), `error: ${line}. Retries will not fix this`],
    [failed('developer', true), `debug: ${line}`],
    [bare, 'warn: refresh failed, attempt 1: the time limit was reached; next try in 300 s'],
    [
      { type: 'pending-token-refused', generation, vendorCode: '15' },
      'warn: Tencent refused the pending token of generation 7, code=15',
    ],
    [{ type: 'pending-token-refused', generation }, 'warn: Tencent refused the pending token of generation 7, code=-'],
    [
      { type: 'credentials-rejected', generation, vendorCode: '400102' },
      'warn: Tencent rejected generation 7, code=400102',
    ],
    [{ type: 'credentials-rejected', generation }, 'warn: Tencent rejected generation 7, code=-'],
    [
      {
        type: 'store-failed',
        operation: 'read',
        error: new BankCardOcrError('NO_VALID_TICKET', { message: 'no store' }),
        repeated: false,
      },
      'warn: no store; the cached credentials are used until they expire',
    ],
    [
      { type: 'store-failed', operation: 'read', error: new BankCardOcrError('NO_VALID_TICKET'), repeated: true },
      'debug: no valid SIGN ticket is available',
    ],
    [{ type: 'store-recovered' }, 'log: the ticket store works again'],
    [{ type: 'store-restored', generation }, 'warn: the ticket store had lost generation 7, it was restored'],
    [
      { type: 'refresh-conflict', generation },
      'warn: another process may have refreshed at the same time: one more refresh follows',
    ],
    [
      foreign(false),
      expect.stringMatching(/^error: foreignRefreshSuspected: .* generation 7 after 60 s .*3540 s before/),
    ],
    [foreign(true), expect.stringMatching(/^debug: foreignRefreshSuspected: /)],
    [
      { type: 'credentials-unreadable' },
      'warn: the stored credentials were encrypted with another store key, or not at all, and are not used',
    ],
    [{ type: 'secret-changed' }, 'warn: the stored credentials were made with another app secret and are not used'],
    [
      { type: 'token-request-in-doubt', generation },
      'warn: the response to a token request was lost; the previous credentials may expire within the overlap',
    ],
  ])('%j', (event, expected) => {
    expect(linesOf((log) => logTicketEvent(log, event))).toEqual([expected]);
  });
});
