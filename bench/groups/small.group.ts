import path from 'node:path';
import { SystemClock } from 'nestjs-bankcard-ocr';
import { openTelemetry } from 'nestjs-bankcard-ocr/telemetry';
import type { Contestant, ContestantName, Scheme } from '../contestants/contestant.js';
import { createContestant } from '../contestants/create-contestant.js';
import { orderNumber } from '../contestants/order-number.js';
import { alternate, type Subject } from '../measures/alternate.js';
import type { Comparison } from '../measures/comparison.js';
import { inFlight } from '../measures/in-flight.js';
import { median } from '../measures/median.js';
import { askPinned, CORES } from '../processes/pinned-process.js';
import { Findings } from '../report/finding.js';

const CONCURRENCY = 50;
const NAMES: readonly ContestantName[] = ['undici', 'axios', 'usual', 'ours-http'];
const PLAN = { rounds: 17, sliceMs: 100, cost: 'cpu', warmUp: 6 } as const;
/**
 * For the one goal that must be met. Compiling is on the process's account, too: with few slices of warming up, whoever has
 * more code seems up to half slower, differently each time. Short slices, and many of them, meet the same disturbances.
 */
const PAIR: readonly ContestantName[] = ['undici', 'ours-undici'];
const PAIR_PLAN = { rounds: 31, sliceMs: 60, cost: 'cpu', warmUp: 60 } as const;
/** The same code differs by a twentieth between two processes, for as long as they live: by where things lie in memory. */
const PAIR_PROCESSES = 7;

/** Queries without photos: what a whole query costs, and what HTTPS adds on connections that are kept. */
export async function smallQueries(): Promise<Findings> {
  const findings = new Findings();
  const cpu = 'CPU of a whole query';
  const pairs: { readonly ratio: number; readonly floorUs: number }[] = [];
  for (let count = 0; count < PAIR_PROCESSES; count += 1) {
    pairs.push(await askPinned({ script: 'groups/small-process.js', core: CORES.client }));
  }
  findings.add('small-undici-floor', `${cpu}, ours on undici / undici json`, 'x', () =>
    median(pairs.map(({ ratio }) => ratio)),
  );
  const observed = await alternate([...telemetry(), ...(await subjects(['ours-undici'], 'http'))], PLAN);
  findings.add('small-telemetry', `${cpu} on undici, share of telemetry that is on without an SDK`, 'x', () => {
    const cost = observed.cost('with telemetry') - observed.cost('without telemetry');
    return Math.max(0, cost) / observed.cost('ours-undici');
  });
  const all = await alternate(await subjects(NAMES, 'http'), PLAN);
  findings.add('small-http-usual', `${cpu}, ours on HttpService / usual client`, 'x', () =>
    all.ratio('ours-http', 'usual'),
  );
  for (const name of ['axios', 'usual', 'ours-http'] as const) {
    findings.add(`small-${name}-floor`, `${cpu}, ${name} / undici json`, 'x', () => all.ratio(name, 'undici'));
  }
  findings.add('small-floor-us', `${cpu}, undici json`, 'us', () => median(pairs.map(({ floorUs }) => floorUs)));

  const secure = (await subjects(['ours-undici', 'ours-http'], 'https')).map(rename);
  const kept = await alternate([...(await subjects(['ours-undici', 'ours-http'], 'http')), ...secure], PLAN);
  for (const [id, name] of [
    ['https-undici', 'ours-undici'],
    ['https-http', 'ours-http'],
  ] as const) {
    findings.add(id, `${cpu}, ${name}, HTTPS / HTTP`, 'x', () => kept.ratio(`${name} secure`, name));
  }
  return findings;
}

/** The query on undici beside undici alone, in this process. */
export async function smallPair(): Promise<Comparison> {
  return alternate(await subjects(PAIR, 'http'), PAIR_PLAN);
}

/** What telemetry adds to one query, apart from it: beside the network it would be lost in the noise. */
function telemetry(): Subject[] {
  const root = path.dirname(require.resolve('nestjs-bankcard-ocr/package.json'));
  const file = path.join(root, 'dist/cjs/telemetry/instrumentation.js');
  const { Telemetry } = require(file) as typeof import('../../libs/bankcard-ocr/src/telemetry/instrumentation.js');
  const telemetry = new Telemetry(new SystemClock(), undefined, [openTelemetry()]);
  const exchange = { endpoint: 'getBankCardOcrResult', attempt: 1, generation: 1 } as const;
  const start = {
    ...exchange,
    method: 'GET',
    origin: 'https://vendor',
    path: '/api/server/getBankCardOcrResult',
  } as const;
  const done = Promise.resolve();
  const query = () => {
    telemetry.attempt(() => start)?.({ ...exchange, outcome: 'OK', status: 200, durationMs: 1 });
    return done;
  };
  const each = (name: string, once: () => Promise<void>): Subject => ({
    name,
    run: async (times) => {
      for (let count = 0; count < times; count += 1) await once();
    },
  });
  return [
    each('with telemetry', () => telemetry.operation('query', query, { facts: () => ({}) })),
    each('without telemetry', () => done),
  ];
}

async function subjects(names: readonly ContestantName[], scheme: Scheme) {
  return Promise.all(names.map(async (name) => subject(await createContestant(name, scheme))));
}

function subject(contestant: Contestant) {
  const ask = (index: number) => contestant.query(orderNumber(index));
  return { name: contestant.name, run: (times: number) => inFlight(times, CONCURRENCY, ask) };
}

function rename<T extends { name: string }>(subject: T) {
  return { ...subject, name: `${subject.name} secure` };
}
