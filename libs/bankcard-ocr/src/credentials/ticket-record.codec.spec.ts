import { createSecretKey } from 'node:crypto';
import { inspect } from 'node:util';
import { aRecord } from './store/ticket-store.contract.test-support.js';
import {
  parseTicketRecord,
  RecordOfAnotherVersion,
  RecordSeal,
  shiftTimestamps,
  withoutSealed,
} from './ticket-record.codec.js';
import type { GenerationRecord, TicketRecord } from './ticket-record.js';

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

const ON_A_CLOCK: TicketRecord = aRecord(3, {
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
    const before = momentsIn(ON_A_CLOCK);
    expect(Object.keys(before)).toHaveLength(9);
    const shifted = shiftTimestamps(ON_A_CLOCK, byMs);
    const after = momentsIn(shifted);
    for (const [name, moment] of Object.entries(before)) expect([name, after[name]]).toEqual([name, moment + byMs]);
    expect(shiftTimestamps(shifted, -byMs)).toEqual(ON_A_CLOCK);
  });

  it('has no moment before 1970', () => {
    expect(new Set(Object.values(momentsIn(shiftTimestamps(ON_A_CLOCK, -1_000_000_000))))).toEqual(new Set([0]));
  });

  it('has no members that it did not have', () => {
    const bare = aRecord(1, { current: undefined });
    expect(Object.keys(shiftTimestamps(bare, 5)).sort()).toEqual(Object.keys(bare).sort());
  });

  it('keeps what a newer version may have added', () => {
    expect(shiftTimestamps({ ...ON_A_CLOCK, later: 5 } as TicketRecord, 5)).toMatchObject({ later: 5 });
  });
});

const KEY = createSecretKey(Buffer.alloc(32, 1));
const seal = new RecordSeal(KEY, 'IDATEST1');

/** A record with a secret in every place that there is. */
function fullRecord(): TicketRecord {
  const { current } = aRecord(7);
  const generation = { ...current!, accessToken: 'canary-token', signTicket: 'canary-ticket' };
  const { signTicket: _ticket, ticketRequestedAtMs: _at, ticketLifeMs: _life, ...token } = generation;
  return aRecord(7, {
    current: generation,
    pending: { ...token, number: 8, id: 'id-8', accessToken: 'canary-pending' },
    earlier: [6, 5].map((number) => {
      return { number, id: `id-${number}`, signTicket: `canary-earlier-${number}`, replacedAtMs: 1, endsAtMs: 2 };
    }),
    forcedAtMs: 5_000,
    unanswered: { sinceMs: 4_000, by: 'somebody' },
  });
}

const bytesOf = (sealed: string) => Buffer.from(sealed.slice(sealed.indexOf(':') + 1), 'base64');
const textOf = (bytes: Buffer) => `aes-256-gcm:${bytes.toString('base64')}`;

describe('a sealed record', () => {
  it('shows no secret, and everything else; it is a record, and opens to what it was', () => {
    const sealed = seal.seal(fullRecord());
    const text = JSON.stringify(sealed);
    expect(text).not.toContain('canary');
    expect(text).not.toContain(Buffer.from('canary').toString('base64'));
    expect(sealed).toMatchObject({ revision: 7, forcedAtMs: 5_000, current: { number: 7, id: 'id-7' } });
    expect(seal.open(parseTicketRecord(text)!)).toEqual(fullRecord());
  });

  it('is another one each time, so that nobody sees that it is the same', () => {
    const [once, again] = [seal.seal(fullRecord()), seal.seal(fullRecord())];
    expect(once.current?.accessToken).not.toBe(again.current?.accessToken);
    expect(bytesOf(once.current!.accessToken).subarray(0, 12)).not.toEqual(
      bytesOf(again.current!.accessToken).subarray(0, 12),
    );
  });

  it('without credentials is what it was', () => {
    const empty = aRecord(1, { current: undefined });
    expect(seal.open(seal.seal(empty))).toEqual(empty);
  });

  it.each([
    ['another key', new RecordSeal(createSecretKey(Buffer.alloc(32, 2)), 'IDATEST1')],
    ['another app id', new RecordSeal(KEY, 'IDATEST2')],
  ])('opened with %s keeps all but its credentials', (_what, other) => {
    const { current: _current, pending: _pending, earlier: _earlier, ...rest } = fullRecord();
    expect(other.open(seal.seal(fullRecord()))).toEqual({
      ...rest,
      current: undefined,
      pending: undefined,
      earlier: [],
    });
  });

  it('without a key keeps all but its credentials, and leaves what is in clear alone', () => {
    expect(withoutSealed(seal.seal(fullRecord()))).toMatchObject({ forcedAtMs: 5_000, earlier: [] });
    expect(withoutSealed(seal.seal(fullRecord())).current).toBeUndefined();
    expect(withoutSealed(seal.seal(fullRecord())).pending).toBeUndefined();
    expect(withoutSealed(fullRecord())).toEqual(fullRecord());
  });

  it('with credentials in clear, which somebody without the key has put there, opens without them', () => {
    expect(seal.open(fullRecord())).toMatchObject({ current: undefined, pending: undefined, earlier: [] });
  });

  const spoilt: [string, (sealed: string) => string][] = [
    ['empty', () => 'aes-256-gcm:'],
    ['as long as IV and tag', (sealed) => textOf(bytesOf(sealed).subarray(0, 28))],
    ['without its last byte', (sealed) => textOf(bytesOf(sealed).subarray(0, -1))],
    ['one byte longer', (sealed) => textOf(Buffer.concat([bytesOf(sealed), Buffer.from([0])]))],
    ['no Base64', () => 'aes-256-gcm:%%%%'],
    ['of another cipher', (sealed) => sealed.replace('256', '128')],
    ...[0, 12, -1].map((at): [string, (sealed: string) => string] => [
      `changed in byte ${at}`,
      (sealed) => {
        const bytes = bytesOf(sealed);
        const index = at < 0 ? bytes.length + at : at;
        bytes[index] = bytes[index]! ^ 1;
        return textOf(bytes);
      },
    ]),
  ];

  it.each(spoilt)('whose ticket is %s has no generation', (_how, spoil) => {
    const sealed = seal.seal(fullRecord());
    const current = { ...sealed.current!, signTicket: spoil(sealed.current!.signTicket) };
    expect(seal.open({ ...sealed, current }).current).toBeUndefined();
    expect(seal.open({ ...sealed, current }).pending?.accessToken).toBe('canary-pending');
  });

  it.each<[string, (current: GenerationRecord) => Partial<GenerationRecord>]>([
    ['to another generation', () => ({ id: 'id-8' })],
    [
      'to the place of the other one',
      ({ accessToken, signTicket }) => ({ accessToken: signTicket, signTicket: accessToken }),
    ],
    ['twice', ({ accessToken }) => ({ signTicket: accessToken })],
  ])('whose texts were copied %s has no generation', (_where, move) => {
    const sealed = seal.seal(fullRecord());
    const current = { ...sealed.current!, ...move(sealed.current!) };
    expect(seal.open({ ...sealed, current }).current).toBeUndefined();
  });

  it('keeps earlier tickets that open beside those that do not', () => {
    const sealed = seal.seal(fullRecord());
    const earlier = sealed.earlier!.map((ticket, n) => (n === 0 ? { ...ticket, signTicket: 'in clear' } : ticket));
    expect(seal.open({ ...sealed, earlier }).earlier).toMatchObject([{ id: 'id-5', signTicket: 'canary-earlier-5' }]);
  });
});

describe('a seal', () => {
  it('does not show its key', () => {
    const key = createSecretKey(Buffer.from('canary0canary0canary0canary0cana'));
    const shown = inspect(new RecordSeal(key, 'IDATEST1'), { depth: Infinity, showHidden: true });
    expect(shown + JSON.stringify(new RecordSeal(key, 'IDATEST1'))).not.toMatch(/canary|63616e617279/i);
  });
});
