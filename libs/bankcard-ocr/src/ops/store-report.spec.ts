import type { StoreInspection } from '../credentials/store/store-inspection.js';
import type { TicketRecord } from '../credentials/ticket-record.js';
import { reportStore, withoutUserInfo } from './store-report.js';

const NOW = 1_000_000_000_000;
const FINGERPRINT = 'f'.repeat(32);
const CURRENT = {
  number: 7,
  id: 'canary-id',
  refreshId: 'canary-refresh',
  accessToken: 'canary-token',
  tokenRequestedAtMs: NOW - 60_000,
  tokenLifeMs: 7_200_000,
  signTicket: 'canary-ticket',
  ticketRequestedAtMs: NOW - 59_000,
  ticketLifeMs: 3_600_000,
};
const RECORD: TicketRecord = {
  format: 1,
  revision: 43,
  writeId: 'canary-write',
  secretFingerprint: FINGERPRINT,
  current: CURRENT,
};
const { signTicket: _ticket, ticketRequestedAtMs: _at, ticketLifeMs: _life, ...PENDING } = CURRENT;
const REPORT = {
  revision: 43,
  sealed: false,
  anotherSecret: false,
  generation: 7,
  ageMs: 60_000,
  endsInMs: 3_541_000,
  readerRejected: false,
  retiredTickets: 0,
};

const stored = (content: StoreInspection['content']) => reportStore({ content, findings: [] }, NOW, FINGERPRINT);

describe('what operators see of a store', () => {
  it.each<[string, Partial<TicketRecord>, object]>([
    ['credentials', {}, {}],
    ['credentials of another app secret', { secretFingerprint: 'e'.repeat(32) }, { anotherSecret: true }],
    [
      'a token that is requested',
      { unanswered: { sinceMs: NOW - 2_000, by: 'canary-by' } },
      { unfinished: { phase: 'requesting', sinceMs: 2_000 } },
    ],
    [
      'a token that waits for its ticket',
      { pending: { ...PENDING, tokenRequestedAtMs: NOW - 3_000 } },
      { unfinished: { phase: 'token-issued', sinceMs: 3_000 } },
    ],
    [
      'refreshes that fail',
      { failed: { attempts: 6, retryAtMs: NOW + 8_200, by: 'canary-by' } },
      { failing: { attempts: 6, retryInMs: 8_200 } },
    ],
    ['a forced refresh', { forcedAtMs: NOW - 5_000 }, { forcedMsAgo: 5_000 }],
    ['a store that was emptied', { writtenBackAtMs: NOW - 6_000 }, { restoredMsAgo: 6_000 }],
    ['a reader that was rejected', { rejectedId: CURRENT.id }, { readerRejected: true }],
    [
      'a retired ticket',
      { earlier: [{ number: 6, id: 'canary', signTicket: 'canary', replacedAtMs: NOW, endsAtMs: NOW }] },
      { retiredTickets: 1 },
    ],
  ])('%s', (_what, change, members) => {
    const report = stored({ kind: 'record', record: { ...RECORD, ...change } });
    expect(report).toEqual({ content: 'record', findings: [], record: { ...REPORT, ...members } });
    expect(JSON.stringify(report)).not.toMatch(/canary|f{32}/);
  });

  it('knows that a record without credentials has none', () => {
    const { record } = stored({ kind: 'record', record: { ...RECORD, current: undefined } });
    expect(record).toEqual({
      revision: 43,
      sealed: false,
      anotherSecret: false,
      readerRejected: false,
      retiredTickets: 0,
    });
  });

  it.each([
    [{ kind: 'nothing' }, { content: 'nothing' }],
    [{ kind: 'damaged' }, { content: 'damaged' }],
    [{ kind: 'another-version' }, { content: 'another-version' }],
    [
      { kind: 'unreadable', code: 'EACCES' },
      { content: 'unreadable', code: 'EACCES' },
    ],
  ] as const)('%j', (content, report) => {
    expect(stored(content)).toEqual({ ...report, findings: [] });
  });

  it('shows what was found, without users and passwords of URLs, and without the facts for programs', () => {
    const about = 'redis://user:canary%40@host:1/0';
    const found = { en: `${about} refuses`, zh: `${about} 拒绝访问` };
    const finding = { status: 'fail', about, found, todo: found, facts: { canary: 'canary' } } as const;
    const { findings } = reportStore({ content: { kind: 'nothing' }, findings: [finding] }, NOW, FINGERPRINT);
    const shown = { en: 'redis://host:1/0 refuses', zh: 'redis://host:1/0 拒绝访问' };
    expect(findings).toEqual([{ status: 'fail', about: 'redis://host:1/0', found: shown, todo: shown }]);
  });

  it.each([
    ['rediss://:p%40ss@host', 'rediss://host'],
    ['file /var/lib/a@b', 'file /var/lib/a@b'],
    ['http://host/path?mail=a@b', 'http://host/path?mail=a@b'],
  ])('%s is shown as %s', (text, shown) => {
    expect(withoutUserInfo(text)).toBe(shown);
  });
});
