'use strict';
// npm run test:nest11 [-- arguments of jest]: the suite of this repository on Nest 11, in a copy of the tree.
const { spawnSync } = require('node:child_process');
const { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
/** What is of another major on Nest 11; the rest stays as the lock file has it. */
const NEST_11 = {
  ...Object.fromEntries(
    ['common', 'core', 'testing', 'platform-express', 'platform-fastify', 'swagger'].map((name) => [
      `@nestjs/${name}`,
      '^11.0.0',
    ]),
  ),
  '@nestjs/axios': '^4.0.0',
  '@nestjs/config': '^4.0.0',
};
/** The root's and the demo's: with two majors wanted, npm would install both. */
const MANIFESTS = ['package.json', 'apps/demo-api/package.json'];

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args[0]} failed`);
}

/** What git would commit, with the packages that are installed here. */
function copyTree(target) {
  const { stdout } = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8' });
  for (const name of stdout.split('\0').filter((each) => each !== '' && existsSync(path.join(ROOT, each)))) {
    cpSync(path.join(ROOT, name), path.join(target, name));
  }
  cpSync(path.join(ROOT, 'node_modules'), path.join(target, 'node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
  });
}

/** Let a manifest of the copy want Nest 11. */
function wantNest11(file) {
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  for (const packages of [manifest.dependencies, manifest.devDependencies]) {
    for (const name of Object.keys(packages ?? {})) packages[name] = NEST_11[name] ?? packages[name];
  }
  writeFileSync(file, JSON.stringify(manifest, undefined, 2));
}

const target = mkdtempSync(path.join(tmpdir(), 'on-nest-11-'));
try {
  copyTree(target);
  for (const manifest of MANIFESTS) wantNest11(path.join(target, manifest));
  run('npm', ['install', '--no-save', '--legacy-peer-deps', '--no-audit', '--no-fund'], target);
  run('npx', ['jest', ...process.argv.slice(2)], target);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(target, { recursive: true, force: true });
}
