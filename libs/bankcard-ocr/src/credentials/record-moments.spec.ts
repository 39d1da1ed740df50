import { shiftTimestamps } from './record-moments.js';
import { aRecord } from './store/ticket-store.contract.js';
import type { TicketRecord } from './ticket-record.js';

const { current } = aRecord(3);
const { signTicket: _ticket, ticketRequestedAtMs: _at, ticketLifeMs: _life, ...token } = current!;
const FULL: TicketRecord = aRecord(3, {
  pending: { ...token, id: 'id-4', tokenRequestedAtMs: 20_000 },
  unanswered: { sinceMs: 30_000, by: 'somebody' },
  failed: { attempts: 2, retryAtMs: 40_000 },
  forcedAtMs: 50_000,
  writtenBackAtMs: 55_000,
  rejectedId: 'id-3',
  earlier: [{ number: 2, id: 'id-2', signTicket: 'ticket', replacedAtMs: 60_000, endsAtMs: 70_000 }],
});

/** Every number of a record whose name says that it is a moment. */
function momentsIn(value: unknown): Record<string, number> {
  const moments: Record<string, number> = {};
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [name, member] of Object.entries(node)) {
      if (typeof member === 'number' && /(At|since)Ms$/.test(name)) moments[`${path}${name}`] = member;
      else visit(member, `${path}${name}.`);
    }
  };
  visit(value, '');
  return moments;
}

describe('a record on another clock', () => {
  it.each([3_600_000, -5_000, 0.5])('has every moment shifted by %d ms, and nothing else', (byMs) => {
    const before = momentsIn(FULL);
    expect(Object.keys(before)).toHaveLength(9);
    const shifted = shiftTimestamps(FULL, byMs);
    const after = momentsIn(shifted);
    for (const [name, moment] of Object.entries(before)) expect([name, after[name]]).toEqual([name, moment + byMs]);
    expect(shiftTimestamps(shifted, -byMs)).toEqual(FULL);
  });

  it('has no moment before 1970', () => {
    expect(new Set(Object.values(momentsIn(shiftTimestamps(FULL, -1_000_000_000))))).toEqual(new Set([0]));
  });

  it('has no members that it did not have', () => {
    const bare = aRecord(1, { current: undefined });
    expect(Object.keys(shiftTimestamps(bare, 5)).sort()).toEqual(Object.keys(bare).sort());
  });

  it('keeps what a newer version may have added', () => {
    expect(shiftTimestamps({ ...FULL, later: 5 } as TicketRecord, 5)).toMatchObject({ later: 5 });
  });
});
