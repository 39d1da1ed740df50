'use strict';
// npm run test:consumers: the packed library in other people's backends.
const { mkdirSync } = require('node:fs');
const path = require('node:path');
const { compile, tryServer } = require('./backend.cjs');
const combinations = require('./combinations.cjs');
const { install, ownPackages } = require('./installation.cjs');
const { run, serve } = require('./process.cjs');

const ROOT = path.join(__dirname, '../..');
const TARGET = path.join(ROOT, '.tmp/consumers');
/** The usual runner of each, without flags. */
const RUNNERS = { nest11: ['jest/bin/jest.js'], nest12: ['vitest/vitest.mjs', 'run'] };

/** Do something and print how long it took. */
async function step(what, action) {
  const startedAt = performance.now();
  const result = await action();
  console.log(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${what}`);
  return result;
}

async function pack() {
  const output = await run('npm', ['pack', path.join(ROOT, 'libs/bankcard-ocr'), '--json', '--loglevel=error'], {
    cwd: TARGET,
  });
  return path.join(TARGET, JSON.parse(output)[0].filename);
}

async function tryOn(name, tarball) {
  const folder = await step(`${name}: installed`, () => install(path.join(TARGET, name), name, tarball));
  const own = ownPackages(folder);
  console.log(`           ${name}: brings ${own.length} of its own: ${own.join(', ')}`);
  const node = (...args) => run(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { cwd: folder });
  await step(`${name}: every entry, required and imported`, () => node('checks/entries.cjs'));
  await step(`${name}: without the optional peers`, () => node('checks/without-optional-peers.cjs'));
  const sandbox = await serve('checks/sandbox.cjs', 'sandbox', { cwd: folder });
  try {
    for (const combination of combinations[name]) {
      const { kind, module, moduleResolution, server } = combination;
      const what = `${name}, ${kind}: ${module} with ${moduleResolution}`;
      const dist = await step(`${what}, compiled`, () => compile(folder, combination));
      await step(`${what}, on ${server}`, () => tryServer(dist, server, JSON.parse(sandbox.said)));
    }
  } finally {
    await sandbox.stop();
  }
  const [runner, ...args] = RUNNERS[name];
  await step(`${name}: tests of its own, ${runner.split('/')[0]}`, () => node(`node_modules/${runner}`, ...args));
}

async function main() {
  mkdirSync(TARGET, { recursive: true });
  const tarball = await step('packed', pack);
  // Both at once: one waits for the disk while the other computes.
  const outcomes = await Promise.allSettled(Object.keys(combinations).map((name) => tryOn(name, tarball)));
  for (const { reason } of outcomes.filter(({ status }) => status === 'rejected')) {
    console.error(reason.message);
    process.exitCode = 1;
  }
}

void main();
