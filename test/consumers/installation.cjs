'use strict';
const { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const compilers = require('./compilers.cjs');
const { run } = require('./process.cjs');

/** How many packages the library may bring beside its peers. */
const MOST_PACKAGES = 3;

/** Install the packed library and the packages of a manifest in installs. @returns the folder */
async function installPackages(target, name, tarball) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const manifest = JSON.parse(readFileSync(path.join(__dirname, 'installs', `${name}.json`), 'utf8'));
  manifest.dependencies['nestjs-bankcard-ocr'] = `file:${tarball}`;
  writeFileSync(path.join(target, 'package.json'), JSON.stringify(manifest));
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  await run('npm', ['install', ...options], { cwd: target });
  return target;
}

/** Install the packed library and what a backend has beside it. @returns the folder */
async function install(target, name, tarball) {
  await installPackages(target, name, tarball);
  writeFileSync(path.join(target, 'tsconfig.json'), JSON.stringify(compilers[name]));
  for (const folder of ['backend', 'bare', 'checks'])
    cpSync(path.join(__dirname, folder), path.join(target, folder), { recursive: true });
  copyFileSync(path.join(__dirname, 'vitest.config.mjs'), path.join(target, 'vitest.config.mjs'));
  return target;
}

/** The packages that the library's own dependencies bring, peers left out. @throws when they are too many */
function ownPackages(folder) {
  const { packages } = JSON.parse(readFileSync(path.join(folder, 'package-lock.json'), 'utf8'));
  const found = new Set();
  const collect = (name) => {
    for (const dependency of Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {})) {
      if (found.has(dependency)) continue;
      found.add(dependency);
      collect(dependency);
    }
  };
  collect('nestjs-bankcard-ocr');
  if (found.size > MOST_PACKAGES)
    throw new Error(`${found.size} packages are more than ${MOST_PACKAGES}: ${[...found].join(', ')}`);
  return [...found];
}

module.exports = { install, installPackages, ownPackages };
