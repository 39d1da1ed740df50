'use strict';
// npm run simulate:mutants [-- --only TEXT] [--first N]: breaks the credential code on purpose, one way at a time, and tells
// after how many seeds the simulation notices. Ends with 1 when a breakage is not noticed in time.
const { cpSync, rmSync } = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { compileInto, compileFileInto } = require('../../support/compile-workers.cjs');

const SOURCES = ['libs/bankcard-ocr/src', 'test/simulation'];
const ROOT = path.join(__dirname, '../../..');
const RUN = 'test/simulation/run.js';

async function main() {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, first: { type: 'string' }, story: { type: 'boolean' } },
  });
  const whole = compileInto(`mutants-${process.pid}/whole`, SOURCES);
  process.on('exit', () => rmSync(path.dirname(whole), { recursive: true, force: true }));
  const { MUTANTS, mutatedText } = require(path.join(whole, 'test/simulation/mutants/mutants.js'));
  const chosen = MUTANTS.filter(({ name }) => values.only === undefined || name.includes(values.only));
  const mutants = values.first === undefined ? chosen : chosen.slice(0, Number(values.first));
  const sound = require(path.join(whole, RUN));
  let missed = 0;
  for (const [index, mutant] of mutants.entries()) {
    const broken = path.join(path.dirname(whole), `mutant-${index}`);
    cpSync(whole, broken, { recursive: true });
    compileFileInto(broken, mutant.file, mutatedText(ROOT, mutant));
    const caught = await hunt(sound, require(path.join(broken, RUN)), mutant);
    rmSync(broken, { recursive: true, force: true });
    if (!caught) missed += 1;
    const outcome = caught
      ? `${String(caught.seeds).padStart(4)} of ${mutant.within} seeds: ${caught.rule} (mix ${caught.mix}, seed ${caught.seed})`
      : `NOT NOTICED in ${mutant.within} seeds of ${mutant.mixes.join(', ')}`;
    console.log(`${mutant.name.padEnd(62)} ${outcome}`);
  }
  console.log(`${mutants.length - missed} of ${mutants.length} breakages noticed`);
  process.exitCode = missed > 0 ? 1 : 0;
}

/** The first seed that is clean with the sound code and not with the broken one. */
async function hunt(sound, broken, { mixes, within }) {
  for (let seed = 1; seed <= within; seed += 1) {
    const settings = { seed, mix: mixes[seed % mixes.length] };
    const { violations } = await broken.simulate(settings);
    if (violations.length === 0) continue;
    const expected = new Set((await sound.simulate(settings)).violations.map(({ rule }) => rule));
    const found = violations.find(({ rule }) => !expected.has(rule));
    if (found) return { seeds: seed, seed, mix: settings.mix, rule: found.rule };
  }
  return undefined;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
