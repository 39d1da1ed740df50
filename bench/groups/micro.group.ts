import { hash, randomInt } from 'node:crypto';
import { createOurs } from '../contestants/ours.contestant.js';
import { alternate, type Subject } from '../measures/alternate.js';
import { chiSquare } from '../measures/chi-square.js';
import { Findings } from '../report/finding.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const TICKET = 'XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS';
const VALUES = ['TIDA0001', 'userID19959248596551', 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T', '1.0.0'];
/** 3.2 million letters: a favored one would stand out far. */
const NONCES = 100_000;
const PLAN = { rounds: 21, sliceMs: 60, cost: 'time', warmUp: 4 } as const;

/** The pieces of which every query consists. */
export async function pieces(): Promise<Findings> {
  const findings = new Findings();
  const { tickets, signatures } = await createOurs('http-service', 'http');
  const credentials = await tickets.getCredentials();

  const ready = [...VALUES, TICKET].toSorted().join('');
  const signing = await alternate(
    [loop('sign', () => signatures.sign(VALUES, TICKET)), loop('hash', () => hash('sha1', ready, 'hex'))],
    PLAN,
  );
  findings.add('signature', 'signature / hash of the ready string', 'x', () => signing.ratio('sign', 'hash'));
  findings.add('signature-ns', 'signature', 'ns', () => signing.cost('sign') * 1_000);

  const nonces = await alternate([loop('ours', () => signatures.createNonce()), loop('randomInt', nonceByInt)], PLAN);
  findings.add('nonce-speed', '32 x randomInt / nonce', 'x', () => nonces.ratio('randomInt', 'ours'));
  findings.add('nonce-ns', 'nonce', 'ns', () => nonces.cost('ours') * 1_000);
  findings.add('nonce-uniform', `letters of ${NONCES} nonces, distance from uniform`, 'chi-square', () =>
    chiSquare(
      Array.from({ length: NONCES }, () => signatures.createNonce()),
      ALPHABET,
    ),
  );

  const held = new Map([['IDA00001', { credentials, endsAt: performance.now() + 3_600_000 }]]);
  const readMap = () => {
    const entry = held.get('IDA00001');
    return entry && performance.now() < entry.endsAt ? entry.credentials : undefined;
  };
  const reading = await alternate(
    [
      loop('map', readMap),
      loop('peek', () => tickets.peek()),
      { name: 'current', run: awaitAll(() => tickets.getCredentials()) },
    ],
    PLAN,
  );
  findings.add('peek', 'peek() / Map and clock', 'x', () => reading.ratio('peek', 'map'));
  findings.add('current', 'await current() / Map and clock', 'x', () => reading.ratio('current', 'map'));
  findings.add('map-ns', 'Map and clock', 'ns', () => reading.cost('map') * 1_000);
  return findings;
}

function nonceByInt(): string {
  let nonce = '';
  for (let length = 0; length < 32; length += 1) nonce += ALPHABET.charAt(randomInt(ALPHABET.length));
  return nonce;
}

/** What was computed last: nothing that is used can be optimised away. */
export let last: unknown;

function loop(name: string, once: () => unknown): Subject {
  return {
    name,
    run: (times) => {
      for (let done = 0; done < times; done += 1) last = once();
    },
  };
}

function awaitAll(once: () => Promise<unknown>): Subject['run'] {
  return async (times) => {
    for (let done = 0; done < times; done += 1) last = await once();
  };
}
