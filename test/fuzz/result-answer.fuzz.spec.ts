import { runCampaign } from './campaign.js';

/** `npm run fuzz` sets RUNS; without it this is one of the ordinary tests, and must not take long. */
const { RUNS, SEED } = process.env;
const SHORT_RUNS = 5_000;
const SHORT_BUDGET_MS = 20_000;

it('reads damaged answers as the reference reader does', async () => {
  const seed = SEED === undefined ? Date.now() % 2 ** 31 : Number(SEED);
  // At once, and not when Jest comes to it: a run that does not end has to be known, too.
  if (RUNS !== undefined) process.stdout.write(`SEED=${seed} RUNS=${RUNS}\n`);
  const report = await (RUNS === undefined
    ? runCampaign(seed, SHORT_RUNS, SHORT_BUDGET_MS)
    : runCampaign(seed, Number(RUNS)));
  if (RUNS !== undefined) process.stdout.write(`${JSON.stringify(report)}\n`);
  if (report.runs < 100) return;
  expect(report.reached / report.runs).toBeGreaterThanOrEqual(0.9);
  expect(report.answers / report.runs).toBeGreaterThan(0.1);
});
