import { parseTicketRecord, RecordOfAnotherVersion } from './read-ticket-record.js';
import { aRecord } from './store/ticket-store.contract.js';
import type { TicketRecord } from './ticket-record.js';

const { current } = aRecord(3);
const { signTicket: _ticket, ticketRequestedAtMs: _at, ticketLifeMs: _life, ...token } = current!;
const FULL: TicketRecord = aRecord(3, {
  pending: { ...token, id: 'id-4' },
  unanswered: { sinceMs: 0, by: 'somebody' },
  failed: { attempts: 2, retryAtMs: 5_000 },
  forcedAtMs: 4_000,
  writtenBackAtMs: 3_000,
  rejectedId: 'id-3',
  earlier: [{ number: 2, id: 'id-2', signTicket: 'ticket', replacedAtMs: 10, endsAtMs: 20 }],
});

const read = (value: unknown) => parseTicketRecord(JSON.stringify(value));

describe('a record in JSON', () => {
  it('is read back whole, and with what a newer version may have added', () => {
    expect(read(FULL)).toEqual(FULL);
    expect(read({ ...FULL, later: { x: 1 } })).toEqual({ ...FULL, later: { x: 1 } });
    expect(read(aRecord(1, { current: undefined }))).toEqual({ ...aRecord(1), current: undefined });
    expect(read({ ...FULL, earlier: [] })).toMatchObject({ earlier: [] });
  });

  it.each(['', '{', 'null', '[]', '5', '"text"', '{}', `${JSON.stringify(FULL)}x`, JSON.stringify([FULL])])(
    'is none: %s',
    (json) => expect(parseTicketRecord(json)).toBeUndefined(),
  );

  it.each<[keyof TicketRecord, unknown[]]>([
    ['format', ['1', 1.5, null, undefined]],
    ['revision', [0, -1, 1.5, '1', null, undefined, 2 ** 53, 2 ** 53 - 1, 2 ** 52]],
    ['writeId', ['', 5, null, undefined]],
    ['secretFingerprint', [5, null, undefined]],
    [
      'current',
      [
        null,
        'x',
        [],
        {},
        { ...current, number: -1 },
        { ...current, number: 2 ** 53 - 1 },
        { ...current, accessToken: '' },
        { ...current, ticketLifeMs: '5' },
      ],
    ],
    ['pending', [null, {}, { ...token, id: undefined }, { ...token, number: 1.5 }]],
    ['unanswered', [null, {}, { sinceMs: -1, by: 'x' }, { sinceMs: 1 }, { sinceMs: 1, by: '' }]],
    ['failed', [null, {}, { attempts: 1 }, { attempts: '1', retryAtMs: 1 }]],
    ['forcedAtMs', [null, -1, '5']],
    ['writtenBackAtMs', [null, -1, '5']],
    ['rejectedId', [null, '', 5]],
    ['earlier', [null, {}, 'x', [null], [{}], [{ ...FULL.earlier![0], endsAtMs: null }], [FULL.earlier![0], 5]]],
  ])('whose %s is wrong is none', (member, values) => {
    for (const value of values) {
      expect([value, read({ ...FULL, [member]: value })]).toEqual([value, undefined]);
    }
  });

  it('of another version is left alone, whatever else it holds', () => {
    for (const record of [{ ...FULL, format: 2 }, { format: 0 }]) {
      expect(() => read(record)).toThrow(RecordOfAnotherVersion);
    }
  });

  it.each(['tokenRequestedAtMs', 'tokenLifeMs', 'ticketRequestedAtMs', 'ticketLifeMs'])(
    'needs a sound %s of its generation',
    (member) => {
      for (const value of [undefined, null, -1, '5', true]) {
        expect(read({ ...FULL, current: { ...current, [member]: value } })).toBeUndefined();
      }
    },
  );
});
