import { type Case, compare } from './comparison.js';
import { mutate } from './mutation.js';
import { Random } from './random.js';
import { smallerCase } from './smaller-case.js';
import { validAnswer } from './valid-answer.js';

/** What a campaign has done. */
export interface CampaignReport {
  readonly runs: number;
  /** In how many runs a photo got to the decoder, and how many bodies were answers in spite of everything. */
  readonly reached: number;
  readonly answers: number;
}

/**
 * Damage valid answers in random ways and read each both ways.
 *
 * @param seed of the first run; each further run has the next one, so that one run can be repeated by its own
 * @param budgetMs ends the campaign early
 * @throws {@link Error} with a body that the two read differently, made small, and the seed that repeats it
 */
export async function runCampaign(
  seed: number,
  runs: number,
  budgetMs = Number.POSITIVE_INFINITY,
): Promise<CampaignReport> {
  const endsAt = performance.now() + budgetMs;
  let [done, reached, answers] = [0, 0, 0];
  for (; done < runs && performance.now() < endsAt; done += 1) {
    const one = caseOf(seed + done);
    const comparison = await compare(one);
    if (comparison.reached) reached += 1;
    if (comparison.isAnswer) answers += 1;
    if (comparison.fault !== undefined) throw new Error(await reproduction(seed + done, comparison.fault, one));
  }
  return { runs: done, reached, answers };
}

function caseOf(seed: number): Case {
  const random = new Random(seed);
  const answer = validAnswer(random);
  // The undamaged must not be forgotten.
  const body = random.once(50) ? answer.body : mutate(random, answer);
  const longest = random.pick([1, 5, 40, 400, body.length, body.length]);
  const chunkLengths = Array.from({ length: 7 }, () => 1 + random.below(body.length > 10_000 ? body.length : longest));
  return { body, chunkLengths, isHeldUp: random.once(8) };
}

async function reproduction(seed: number, fault: string, found: Case): Promise<string> {
  const { body, chunkLengths, isHeldUp } = await smallerCase(found);
  const text = JSON.stringify(body.toString('latin1').slice(0, 2_000));
  return [
    `${fault}. To repeat it: SEED=${seed} RUNS=1 npm run fuzz`,
    `body, a character a byte: ${text}`,
    `in chunks of ${chunkLengths.join(', ')} bytes, targets that ${isHeldUp ? 'let it wait' : 'do not let it wait'}`,
  ].join('\n');
}
