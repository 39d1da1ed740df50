import { runCampaign } from './campaign.js';

/** `npm run fuzz` sets RUNS; without it this is one of the ordinary tests: short, and the same every time. */
const { RUNS, SEED } = process.env;
const SHORT_RUNS = 1_500;
const SHORT_SEED = 1;

it('reads damaged answers as the reference reader does', async () => {
  const seed = Number(SEED ?? (RUNS === undefined ? SHORT_SEED : Date.now() % 2 ** 31));
  // At once, and not when Jest comes to it: a run that does not end has to be known, too.
  if (RUNS !== undefined) process.stdout.write(`SEED=${seed} RUNS=${RUNS}\n`);
  const report = await runCampaign(seed, Number(RUNS ?? SHORT_RUNS));
  if (RUNS !== undefined) process.stdout.write(`${JSON.stringify(report)}\n`);
  if (report.runs < 100) return;
  expect(report.reached / report.runs).toBeGreaterThanOrEqual(0.9);
  expect(report.answers / report.runs).toBeGreaterThan(0.1);
});
