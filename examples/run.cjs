'use strict';
// npm run test:examples: each example with the library as it would be published. test/consumers makes real installs; here
// everything else is found in the packages of the repository, which are the versions that the examples name.
const { spawn, spawnSync } = require('node:child_process');
const { cpSync, mkdirSync, readFileSync, rmSync } = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const TARGET = path.join(ROOT, '.tmp/examples');
const LIBRARY = path.join(ROOT, 'libs/bankcard-ocr');
const STOP_LIMIT_MS = 10_000;

/** Compile an example beside the library. @returns the folder of its JavaScript */
function prepare(name) {
  const folder = path.join(TARGET, name);
  cpSync(path.join(__dirname, name), folder, { recursive: true });
  checkVersions(folder);
  const tsc = require.resolve('typescript/bin/tsc');
  if (spawnSync(process.execPath, [tsc, '-p', folder], { stdio: 'inherit' }).status !== 0) {
    throw new Error(`${name} does not compile`);
  }
  return path.join(folder, 'dist');
}

function checkVersions(folder) {
  const { dependencies } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  for (const [name, version] of Object.entries(dependencies)) {
    const base = name === 'nestjs-bankcard-ocr' ? LIBRARY : path.join(ROOT, 'node_modules', name);
    const installed = JSON.parse(readFileSync(path.join(base, 'package.json'), 'utf8')).version;
    if (installed !== version) throw new Error(`${folder} names ${name} ${version}, but ${installed} was tried`);
  }
}

async function tryMinimal() {
  const script = path.join(prepare('minimal'), 'main.js');
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)));
  let output = '';
  const url = await new Promise((resolve, reject) => {
    child.stdout.on('data', (data) => {
      output += data;
      const match = /curl (\S+)/.exec(output);
      if (match) resolve(match[1]);
    });
    void ended.then((how) => reject(new Error(`minimal ended (${how})\n${output}`)));
  });
  const { cardNumber } = await (await fetch(url)).json();
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS).unref();
  const how = await ended;
  if (cardNumber !== '622202*********0128' || how !== 0) throw new Error(`minimal: ${cardNumber}, ended with ${how}`);
  console.log('minimal: answers a masked card, and ends by itself');
}

function tryFleet() {
  if (spawnSync('redis-server', ['--version']).status !== 0 && process.env.CI !== 'true') {
    console.log('redis-fleet: skipped, because there is no redis-server: npm run setup installs it (Debian, as root)');
    return;
  }
  const script = path.join(prepare('redis-fleet'), 'fleet.js');
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit', timeout: 120_000 });
  if (status !== 0) throw new Error('redis-fleet: more than one refresh, see above');
}

async function main() {
  rmSync(TARGET, { recursive: true, force: true });
  const installed = path.join(TARGET, 'node_modules/nestjs-bankcard-ocr');
  mkdirSync(installed, { recursive: true });
  for (const part of ['package.json', 'dist'])
    cpSync(path.join(LIBRARY, part), path.join(installed, part), { recursive: true });
  await tryMinimal();
  tryFleet();
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
