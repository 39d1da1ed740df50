import type { ContestantName } from '../contestants/contestant.js';
import { createContestant } from '../contestants/create-contestant.js';
import { orderNumber } from '../contestants/order-number.js';
import { createOurs } from '../contestants/ours.contestant.js';
import { alternate, type Subject } from '../measures/alternate.js';
import { inFlight } from '../measures/in-flight.js';
import { Findings } from '../report/finding.js';
import type { PhotoSize } from '../vendor/photo-size.js';

const SIZES = { L: '8mb', M: '1mb' } as const satisfies Partial<Record<PhotoSize, string>>;
const SINKS = ['ours-undici', 'ours-http'] as const;
const PLAN = { rounds: 21, sliceMs: 100, cost: 'cpu', warmUp: 5 } as const;
/** Those that are compared with each other, next to each other. */
const ORDER: readonly ContestantName[] = ['receive', 'undici', 'usual', 'ours-undici', 'axios', 'ours-http'];

/** Answers with photos: what it costs to have them as bytes. */
export async function photos(): Promise<Findings> {
  const findings = new Findings();
  for (const size of ['L', 'M'] as const) await compare(findings, size);
  return findings;
}

async function compare(findings: Findings, size: keyof typeof SIZES): Promise<void> {
  const buffers = await Promise.all(ORDER.map((name) => toBuffers(name, size)));
  const sinks = await Promise.all(SINKS.map((name) => toSink(name, size)));
  const result = await alternate([...buffers, ...sinks], PLAN);
  const [label, cpu] = [SIZES[size], `CPU of photos, ${size === 'L' ? '8 MB' : '1.2 MB'}`];
  for (const [id, name] of [
    ['undici', 'ours-undici'],
    ['http', 'ours-http'],
  ] as const) {
    findings.add(`photos-${label}-${id}`, `${cpu}, ${name} / axios`, 'x', () => result.ratio(name, 'axios'));
  }
  for (const name of ['usual', 'undici', 'receive'] as const) {
    findings.add(`photos-${label}-${name}-axios`, `${cpu}, ${name} / axios`, 'x', () => result.ratio(name, 'axios'));
  }
  for (const name of ['axios', ...SINKS, ...SINKS.map((name) => `${name} sink`)]) {
    findings.add(`photos-${label}-${name}-receive`.replace(' ', '-'), `${cpu}, ${name} / receive and drop`, 'x', () =>
      result.ratio(name, 'receive'),
    );
  }
  findings.add(`photos-${label}-receive-ms`, `${cpu}, receive and drop`, 'ms', () => result.cost('receive') / 1_000);
}

async function toBuffers(name: ContestantName, size: PhotoSize): Promise<Subject> {
  const contestant = await createContestant(name);
  return subject(name, (orderNo) => contestant.photos(orderNo), size);
}

async function toSink(name: (typeof SINKS)[number], size: PhotoSize): Promise<Subject> {
  const ours = await createOurs(name === 'ours-undici' ? 'undici' : 'http-service', 'http');
  return subject(`${name} sink`, (orderNo) => ours.toSink(orderNo), size);
}

function subject(name: string, ask: (orderNo: string) => Promise<unknown>, size: PhotoSize): Subject {
  return { name, run: (times) => inFlight(times, 1, (index) => ask(orderNumber(index, size))) };
}
