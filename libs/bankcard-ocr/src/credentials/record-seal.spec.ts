import { createSecretKey } from 'node:crypto';
import { inspect } from 'node:util';
import { RecordSeal, withoutSealed } from './record-seal.js';
import { parseTicketRecord } from './read-ticket-record.js';
import { aRecord } from './store/ticket-store.contract.js';
import type { GenerationRecord, TicketRecord } from './ticket-record.js';

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
