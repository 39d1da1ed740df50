'use strict';
// npm run test:node -- 22 [-- arguments of jest]: the suite of this repository on another major of Node.js.
const { spawnSync } = require('node:child_process');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');

function run(command, args, options) {
  const { status, signal } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (status !== 0) throw new Error(`${path.basename(command)} ${args[0]} failed (${status ?? signal})`);
}

/** Install Node.js from the registry's package of that name. @returns its folder of programs */
function installNode(version, target) {
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefer-offline', `node@${version}`], {
    cwd: target,
  });
  return path.join(target, 'node_modules/node/bin');
}

function main([version, ...rest]) {
  if (!/^\d+(\.\d+){0,2}$/.test(version ?? '')) throw new Error('Say which Node.js: npm run test:node -- 22');
  const args = rest[0] === '--' ? rest.slice(1) : rest;
  // Outside the repository, whose packages are those of the lock file, and nobody else's: what is run from there is trusted.
  const target = mkdtempSync(path.join(tmpdir(), 'node-'));
  try {
    const programs = installNode(version, target);
    // Processes that tests start are of process.execPath; `node` in a shell is the same one.
    const env = { ...process.env, PATH: `${programs}${path.delimiter}${process.env.PATH}` };
    const node = path.join(programs, 'node');
    run(node, ['-p', '`The suite on Node.js ${process.version}`'], { env });
    run(node, [path.join(ROOT, 'node_modules/jest/bin/jest.js'), ...args], { cwd: ROOT, env });
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
