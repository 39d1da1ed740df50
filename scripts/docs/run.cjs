'use strict';
// npm run docs: compile the library and what stands here, write the tables of the documents, remove what was compiled.
const { spawnSync } = require('node:child_process');
const { mkdirSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { transformFileSync } = require('@swc/core');

const ROOT = path.join(__dirname, '../..');
/** Inside the repository, so that what is compiled finds node_modules. */
const TARGET = path.join(ROOT, '.tmp', `docs-${process.pid}`);

function compileFolder(folder) {
  mkdirSync(path.join(TARGET, folder), { recursive: true });
  for (const entry of readdirSync(path.join(ROOT, folder), { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) compileFolder(name);
    else if (/(?<!\.spec|\.test-support)\.ts$/.test(name)) {
      const { code } = transformFileSync(path.join(ROOT, name), { configFile: path.join(ROOT, '.swcrc') });
      writeFileSync(path.join(TARGET, name.replace(/\.ts$/, '.js')), code);
    }
  }
}

try {
  for (const folder of ['libs/bankcard-ocr/src', 'scripts/docs']) compileFolder(folder);
  const flags = ['--disable-warning=ExperimentalWarning', '--enable-source-maps'];
  const main = path.join(TARGET, 'scripts/docs/main.js');
  process.exitCode = spawnSync(process.execPath, [...flags, main], { stdio: 'inherit', cwd: ROOT }).status ?? 1;
} finally {
  rmSync(TARGET, { recursive: true, force: true });
}
