import type { ContestantName } from '../contestants/contestant.js';
import { createContestant } from '../contestants/create-contestant.js';
import { orderNumber } from '../contestants/order-number.js';
import { Comparison } from '../measures/comparison.js';
import { longestStall } from '../measures/longest-stall.js';
import { Findings } from '../report/finding.js';

const AT_ONCE = 10;
const ROUNDS = 15;
const NAMES: readonly ContestantName[] = ['receive', 'axios', 'ours-undici', 'ours-http', 'undici', 'usual'];
/** No goal is about these: a few rounds will do. */
const IN_PASSING = new Set<ContestantName>(['undici', 'usual']);
const ROUNDS_IN_PASSING = 3;

/** For how long ten large answers at once keep everybody else waiting. */
export async function stalls(): Promise<Findings> {
  const findings = new Findings();
  const result = new Comparison();
  const contestants = await Promise.all(NAMES.map((name) => createContestant(name)));
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const contestant of round % 2 ? contestants : contestants.toReversed()) {
      const { name } = contestant;
      if (round >= ROUNDS_IN_PASSING && IN_PASSING.has(name)) continue;
      const all = () =>
        Promise.all(Array.from({ length: AT_ONCE }, (_, index) => contestant.photos(orderNumber(index, 'L'))));
      const stall = await longestStall(all).catch((error: unknown) => result.leaveOut(name, error));
      // The first round opens the connections.
      if (stall !== undefined && round >= 0) result.add(name, stall);
    }
  }
  const what = `longest stall of the event loop, ${AT_ONCE} x 8 MB at once`;
  for (const [id, name] of [
    ['undici', 'ours-undici'],
    ['http', 'ours-http'],
  ] as const) {
    for (const other of ['receive', 'axios'] as const) {
      findings.add(`stall-${id}-${other}`, `${what}, ${name} / ${other}`, 'x', () => result.ratio(name, other));
    }
  }
  for (const name of NAMES) findings.add(`stall-${name}-ms`, `${what}, ${name}`, 'ms', () => result.cost(name));
  return findings;
}
