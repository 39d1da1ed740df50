'use strict';
// npm run test:consumers [-- readme getting-started nest11 …]: the packed library in other people's backends; some of them only.
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { compile, tryServer } = require('./backend.cjs');
const { tryBundles } = require('./bundles.cjs');
const combinations = require('./combinations.cjs');
const { tryCommandLine } = require('./command-line.cjs');
const { install, installPackages, ownPackages } = require('./installation.cjs');
const { tryOpenApi } = require('./openapi.cjs');
const { installOperations, tryOperations } = require('./operations.cjs');
const { tryWithoutOptionalPeers } = require('./optional-peers.cjs');
const { packLibrary } = require('./packed-library.cjs');
const { run, serve } = require('./process.cjs');
const { followGettingStarted } = require('./getting-started.cjs');
const { followReadme } = require('./readme.cjs');
const { startRedis } = require('./redis-server.cjs');
const { tryTracing } = require('./tracing.cjs');

/** Outside the repository, whose packages a consumer would find and could do without its own. */
const TARGET = mkdtempSync(path.join(tmpdir(), 'consumers-'));
/** The usual runner of each, without flags. */
const RUNNERS = { nest11: ['jest/bin/jest.js'], nest12: ['vitest/vitest.mjs', 'run'] };
/** What an application without the optional peers is, so that both kinds are tried. */
const BARE = { nest11: 'commonjs', nest12: 'module' };

/** Do something and print how long it took. */
async function step(what, action) {
  const startedAt = performance.now();
  const result = await action();
  console.log(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${what}`);
  return result;
}

async function tryOn(name, tarball) {
  const folder = await step(`${name}: installed`, () => install(path.join(TARGET, name), name, tarball));
  const own = ownPackages(folder);
  console.log(`           ${name}: brings ${own.length} of its own: ${own.join(', ')}`);
  const node = (...args) => run(process.execPath, args, { cwd: folder });
  await step(`${name}: every entry, required and imported`, () => node('checks/entries.cjs'));
  await tryBackends(name, folder);
  const [runner, ...args] = RUNNERS[name];
  await step(`${name}: tests of its own, ${runner.split('/')[0]}`, () => node(`node_modules/${runner}`, ...args));
  await step(`${name}, ${BARE[name]}: without the optional peers`, () => tryWithoutOptionalPeers(folder, BARE[name]));
}

async function tryBackends(name, folder) {
  const sandbox = await serve(process.execPath, ['checks/sandbox.cjs'], /^sandbox (.+)\n/m, { cwd: folder });
  const redis = await startRedis(folder);
  if (!redis) console.log(`           ${name}: there is no redis-server, credentials stay in memory`);
  const accounts = JSON.parse(sandbox.found[1]);
  try {
    for (const combination of combinations[name]) {
      const { kind, module, moduleResolution, server, inRedis } = combination;
      const store = inRedis ? redis?.url : undefined;
      const what = `${name}, ${kind}: ${module} with ${moduleResolution}`;
      const dist = await step(`${what}, compiled`, () => compile(folder, combination));
      await step(`${what}, on ${server}${store ? ', in Redis' : ''}`, () => tryServer(dist, server, accounts, store));
      await step(`${what}, its OpenAPI document`, () => tryOpenApi(folder, dist));
    }
    await step(`${name}: its command line`, () => tryCommandLine(folder, accounts.own));
  } finally {
    await redis?.stop();
    await sandbox.stop();
  }
}

/** Run something beside a Redis, on a machine that has one. */
async function withRedis(folder, action) {
  const redis = await startRedis(folder);
  try {
    await action(redis?.url);
  } finally {
    await redis?.stop();
  }
}

async function tryUnderTracers(tarball) {
  const name = 'tracing';
  const folder = await step(`${name}: installed`, () => installPackages(path.join(TARGET, name), name, tarball));
  await step(`${name}: nothing secret is exported`, () => withRedis(folder, (url) => tryTracing(folder, url)));
}

async function tryOnOperations(major, tarball) {
  const name = `operations-nest${major}`;
  const folder = await step(`${name}: installed`, () => installOperations(path.join(TARGET, name), major, tarball));
  await step(`${name}: health with Terminus, and the operations API`, () => tryOperations(folder));
}

async function tryInOneFile(tarball) {
  const name = 'bundle';
  const folder = await step(`${name}: installed`, () => installPackages(path.join(TARGET, name), name, tarball));
  await step(`${name}: by esbuild and webpack, without ioredis and with it`, () => tryBundles(folder));
}

/**
 * One after the other: each installs a starter. A Chinese page has the commands and the code of the English one, which the
 * tests of the documents compare: it is followed on one version of Nest.
 */
async function tryPages(pages, follow, tarball) {
  for (const page of pages) {
    for (const major of page.includes('.zh-CN.') ? ['12'] : ['11', '12']) {
      const folder = path.join(TARGET, `${path.basename(page)}-nest${major}`);
      const what = `${page} followed from an empty folder, Nest ${major}`;
      const { commands, files, outputs } = await step(what, () => follow(page, major, folder, tarball));
      console.log(`           ${commands} commands, ${files} files, ${outputs} outputs as printed`);
    }
  }
}

/** By the names that may be given on the command line. */
const CONSUMERS = {
  ...Object.fromEntries(Object.keys(combinations).map((name) => [name, (tarball) => tryOn(name, tarball)])),
  tracing: tryUnderTracers,
  bundle: tryInOneFile,
  'operations-nest11': (tarball) => tryOnOperations('11', tarball),
  'operations-nest12': (tarball) => tryOnOperations('12', tarball),
  readme: (tarball) => tryPages(['README.md', 'README.zh-CN.md'], followReadme, tarball),
  'getting-started': (tarball) =>
    tryPages(['docs/getting-started.md', 'docs/getting-started.zh-CN.md'], followGettingStarted, tarball),
};

async function main() {
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(CONSUMERS);
  const unknown = wanted.filter((name) => !Object.hasOwn(CONSUMERS, name));
  if (unknown.length > 0) throw new Error(`no ${unknown.join(', ')} among ${Object.keys(CONSUMERS).join(', ')}`);
  const tarball = await step('packed', () => packLibrary(TARGET));
  // All at once: one waits for the disk while another one computes.
  const outcomes = await Promise.allSettled(wanted.map((name) => CONSUMERS[name](tarball)));
  const failures = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message);
  if (failures.length > 0) throw new Error([...failures, `Everything is still in ${TARGET}`].join('\n'));
  rmSync(TARGET, { recursive: true, force: true });
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
