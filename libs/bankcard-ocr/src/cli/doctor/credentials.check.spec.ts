import { createSecretKey } from 'node:crypto';
import { RecordSeal } from '../../credentials/ticket-record.codec.js';
import type { TicketRecord } from '../../credentials/ticket-record.js';
import { resolveOptions } from '../../options/resolve-options.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { checkCredentials, checkRefreshers } from './credentials.check.js';
import { secretFingerprint } from '../../credentials/ticket-record.js';

const SECRET = 'canarySecret'.repeat(5);
const APP_ID = 'IDASANDB';
const MINUTE = 60_000;
const KEY = 'a1'.repeat(32);
const clock = new ManualClock();
const now = clock.now();

const given = { appId: APP_ID, secret: SECRET, baseUrl: 'https://vendor.example', ticketStore: 'file:/tickets', clock };
const options = resolveOptions(given);
const withKey = resolveOptions({ ...given, storeEncryptionKey: KEY });
const reader = resolveOptions({ ...given, role: 'reader' });
const seal = new RecordSeal(createSecretKey(Buffer.from(KEY, 'hex')), APP_ID);

function recordOfAge(ageMs: number, change: Partial<TicketRecord> = {}): TicketRecord {
  return {
    format: 1,
    revision: 3,
    writeId: 'w',
    secretFingerprint: secretFingerprint(APP_ID, SECRET),
    current: {
      number: 7,
      id: 'g7',
      accessToken: 'canaryToken',
      tokenRequestedAtMs: now - ageMs,
      tokenLifeMs: 7_200_000,
      signTicket: 'canaryTicket',
      ticketRequestedAtMs: now - ageMs,
      ticketLifeMs: 3_600_000,
    },
    ...change,
  };
}

const stored = (record: TicketRecord) => ({ kind: 'record', record }) as const;
const ticket = (number: number, replacedMsAgo: number) => {
  return { number, id: `g${number}`, signTicket: 'canaryEarlier', replacedAtMs: now - replacedMsAgo, endsAtMs: now };
};

describe('what the store holds', () => {
  it.each([
    ['nothing', { kind: 'nothing' } as const, options, 'ok', 'none yet'],
    ['nothing, for a reader', { kind: 'nothing' } as const, reader, 'fail', 'none yet'],
    ['a damaged record', { kind: 'damaged' } as const, options, 'fail', 'damaged'],
    ['the record of a newer version', { kind: 'another-version' } as const, options, 'fail', 'newer version'],
    ['what cannot be read', { kind: 'unreadable', code: 'EACCES' } as const, options, 'fail', 'EACCES'],
    [
      'a fresh generation',
      stored(recordOfAge(5 * MINUTE)),
      options,
      'ok',
      'generation 7, 5 min old, in clear, ends in 55 min',
    ],
    ['one that is overdue', stored(recordOfAge(30 * MINUTE)), options, 'warn', 'overdue for a refresh'],
    ['one that has ended', stored(recordOfAge(90 * MINUTE)), options, 'warn', 'ended 30 min ago'],
    ['one that has ended, for a reader', stored(recordOfAge(90 * MINUTE)), reader, 'fail', 'ended 30 min ago'],
    ['one from the future', stored(recordOfAge(-10 * MINUTE)), options, 'fail', 'from the future'],
    ['a sealed one', stored(seal.seal(recordOfAge(MINUTE))), withKey, 'ok', 'sealed, ends'],
    ['a sealed one without the key', stored(seal.seal(recordOfAge(MINUTE))), options, 'fail', 'does not open'],
    ['one in clear, with a key', stored(recordOfAge(MINUTE)), withKey, 'fail', 'in clear, while'],
    [
      'one of another secret',
      stored(recordOfAge(MINUTE, { secretFingerprint: 'other' })),
      options,
      'fail',
      'made with another app secret',
    ],
  ])('%s', (_what, look, environment, status, found) => {
    const findings = checkCredentials(look, environment);
    expect(findings).toEqual([expect.objectContaining({ check: 'credentials', status })]);
    expect(findings[0]?.found.en).toContain(found);
    expect(JSON.stringify(findings)).not.toMatch(/canary/);
  });

  it('a refresh that is unfinished, or fails, is told besides', () => {
    const failed = { attempts: 4, retryAtMs: now };
    const unanswered = { sinceMs: now - 5 * MINUTE, by: 'x' };
    const findings = checkCredentials(stored(recordOfAge(MINUTE, { failed, unanswered })), options);
    expect(findings.map(({ status, found }) => [status, found.en])).toEqual([
      ['ok', expect.stringContaining('generation 7')],
      ['warn', 'a refresh was begun 5 min ago and is not finished'],
      ['warn', 'refreshes fail, 4 in a row'],
    ]);
  });
});

describe('traces of other refreshers', () => {
  const traces = (record: TicketRecord) =>
    checkRefreshers(stored(record), options).map(({ status, found }) => [status, found.en]);

  it.each([
    ['none', {}, [['ok', 'no trace of any']]],
    ['generations of twenty minutes', { earlier: [ticket(6, 0), ticket(5, 20 * MINUTE)] }, [['ok', 'no trace of any']]],
    ['a reader that was refused', { rejectedId: 'g7' }, [['warn', 'a reader was refused with what is stored']]],
    ['a reader that was refused with what has gone since', { rejectedId: 'g6' }, [['ok', 'no trace of any']]],
    ['a forced refresh', { forcedAtMs: now - 3 * MINUTE }, [['warn', expect.stringContaining('forced 3 min ago')]]],
    ['one of yesterday', { forcedAtMs: now - 1_440 * MINUTE }, [['ok', 'no trace of any']]],
  ])('%s', (_what, change, expected) => {
    expect(traces(recordOfAge(MINUTE, change))).toEqual(expected);
  });

  it('are not looked for without a record', () => {
    expect(checkRefreshers({ kind: 'damaged' }, options)).toMatchObject([{ status: 'skipped' }]);
  });
});
