'use strict';
// npm run test:examples: every example, or those that are named (npm run test:examples -- minimal), built and started by its own commands, on the library as it would be published.
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { run, serve } = require('../test/consumers/process.cjs');

const ROOT = path.join(__dirname, '..');
const LIBRARY = path.join(ROOT, 'libs/bankcard-ocr');
mkdirSync(path.join(ROOT, '.tmp'), { recursive: true });
/** Inside the repository: what an example needs beside the library is found in the packages that are installed there. */
const TARGET = mkdtempSync(path.join(ROOT, '.tmp/examples-'));
const INSTALLED = path.join(TARGET, 'node_modules/nestjs-bankcard-ocr');

/** Nothing that configures the library on this machine reaches an example. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.includes('BANKCARD_OCR_')));

/** Put the library where an installation would put it: its manifest, and what that publishes. */
function installLibrary() {
  const { files } = readManifest(LIBRARY);
  for (const name of ['package.json', ...files]) {
    if (!existsSync(path.join(LIBRARY, name))) throw new Error(`There is no ${name} of the library: npm run build`);
    cpSync(path.join(LIBRARY, name), path.join(INSTALLED, name), { recursive: true });
  }
}

/** Copy an example and build it. @returns the folder */
async function build(name) {
  const folder = path.join(TARGET, name);
  const isSource = (file) => !['node_modules', 'dist', '.env'].includes(path.basename(file));
  cpSync(path.join(__dirname, name), folder, { recursive: true, filter: isSource });
  checkVersions(folder);
  await run('npm', ['run', 'build'], { cwd: folder, env });
  return folder;
}

/**
 * No package is installed a second time. That proves as much as an installation would, as long as an example names
 * exactly the versions that it finds here; that npm can install the library is shown by test/consumers.
 */
function checkVersions(folder) {
  const { name: example, dependencies, devDependencies } = readManifest(folder);
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    const installed = name === 'nestjs-bankcard-ocr' ? INSTALLED : path.join(ROOT, 'node_modules', name);
    assert.equal(version, readManifest(installed).version, `the version of ${name} that ${example} names`);
  }
}

function readManifest(folder) {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
}

async function tryMinimal() {
  const cwd = await build('minimal');
  const startOfNothing = run(process.execPath, ['dist/main.js'], { cwd, env });
  await assert.rejects(startOfNothing, /appId.*BANKCARD_OCR_APP_ID[\s\S]*secret[\s\S]*ticketStore/);

  const { KycSandbox } = require(path.join(INSTALLED, 'dist/cjs/testing/index.js'));
  const vendor = await KycSandbox.start();
  const account = { APP_ID: vendor.appId, SECRET: vendor.secret, BASE_URL: vendor.url, TICKET_STORE: 'memory:' };
  const lines = Object.entries(account).map(([name, value]) => `BANKCARD_OCR_${name}=${value}\n`);
  writeFileSync(path.join(cwd, '.env'), lines.join(''));
  try {
    const answers = await askServer(cwd, 'sandbox.js', /(?:^ {2}curl .+\n){3}/m, ([commands]) =>
      commands.match(/http\S+/g),
    );
    const warned = '200 620000*********7424 -9113 66661009';
    assert.deepEqual(answers, ['200 622202*********0128', warned, '422 CARD_UNREADABLE']);
    assert.equal(vendor.calls.accessToken, 0, 'the sandbox leaves the vendor of the configuration alone');

    const cards = ([, url]) => [`${url}/bank-cards/${KycSandbox.EXAMPLE_ORDERS.clean}`];
    assert.deepEqual(await askServer(cwd, 'main.js', /^listening on (.+)\n/m, cards), ['200 622202*********0128']);
    assert.deepEqual([vendor.calls.accessToken, vendor.violations()], [1, []]);
  } finally {
    await vendor.stop();
  }
  return 'a masked card, warnings, an unreadable photo; on the sandbox, and on the vendor of a configuration';
}

/** Start a backend, ask it what its output suggests, and stop it; it has to end by itself. */
async function askServer(cwd, file, line, urlsIn) {
  const server = await serve(process.execPath, [`dist/${file}`], line, { cwd, env: { ...env, PORT: '0' } });
  try {
    return await Promise.all(urlsIn(server.found).map(ask));
  } finally {
    await server.stop();
  }
}

/** @returns status, card or code, and warnings */
async function ask(url) {
  const answer = await fetch(url);
  const { cardNumber, code, warnings = [] } = await answer.json();
  return [answer.status, cardNumber ?? code, ...warnings.map((warning) => warning.code)].join(' ');
}

async function tryRedisFleet() {
  const hasRedis = process.env.REDIS_URL || spawnSync('redis-server', ['--version']).status === 0;
  if (!hasRedis && process.env.CI !== 'true') return 'skipped: there is no redis-server, see npm run setup';
  const cwd = await build('redis-fleet');
  const output = await run(process.execPath, ['dist/fleet/run.js'], { cwd, env });
  assert.match(output, /^load: \d+ queries, 0 failed; refreshes so far: 1,.*\nrolling restart.* refreshes so far: 1,/m);
  return `\n${output}`;
}

async function tryArchiveFleet() {
  const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
  if (!hasRedis && process.env.CI !== 'true') return 'skipped: there is no redis-server, see npm run setup';
  const cwd = await build('archive-fleet');
  // Its own Redis, which it may flush; fewer orders than by default.
  const output = await run(process.execPath, ['dist/fleet/run.js'], {
    cwd,
    env: { ...env, REDIS_URL: '', ORDERS: '80' },
  });
  assert.match(output, /FLUSHALL[\s\S]+80 of 80 kept[\s\S]+every order is kept once, and everything verifies/);
  return `\n${output}`;
}

async function main() {
  installLibrary();
  const examples = { minimal: tryMinimal, 'redis-fleet': tryRedisFleet, 'archive-fleet': tryArchiveFleet };
  const named = process.argv.slice(2);
  const chosen = Object.entries(examples).filter(([name]) => named.length === 0 || named.includes(name));
  const tried = chosen.map(async ([name, action]) => console.log(`${name}: ${await action()}`));
  const failures = (await Promise.allSettled(tried)).filter(({ status }) => status === 'rejected');
  if (failures.length > 0) {
    throw new Error([...failures.map(({ reason }) => reason.message), `Everything is still in ${TARGET}`].join('\n'));
  }
  rmSync(TARGET, { recursive: true, force: true });
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
