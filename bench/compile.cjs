'use strict';
const { copyFileSync, mkdirSync, readdirSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { transformFileSync } = require('@swc/core');
const { buildLibrary } = require('../scripts/build-library.cjs');

const ROOT = path.join(__dirname, '..');
const LIBRARY = path.join(ROOT, 'libs/bankcard-ocr');
/** Inside the repository, so that what is compiled finds node_modules. */
const TARGET = path.join(ROOT, '.tmp', `bench-${process.pid}`);

/** Compile the library as it is published and the bench beside it; gives the folder. */
exports.compileAll = function compileAll() {
  compileLibrary(path.join(TARGET, 'node_modules/nestjs-bankcard-ocr'));
  compileFolder(__dirname, path.join(TARGET, 'bench'));
  return TARGET;
};

/** By the compiler and with the manifest of the package, so that its `exports` are used as an application uses them. */
function compileLibrary(target) {
  mkdirSync(target, { recursive: true });
  copyFileSync(path.join(LIBRARY, 'package.json'), path.join(target, 'package.json'));
  // Types are checked elsewhere, and that would double the time.
  buildLibrary(path.join(target, 'dist'), ['--noCheck']);
}

function compileFolder(source, target) {
  mkdirSync(target, { recursive: true });
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const from = path.join(source, entry.name);
    const to = path.join(target, entry.name);
    if (entry.isDirectory()) compileFolder(from, to);
    else if (/(?<!\.spec)\.ts$/.test(entry.name)) {
      writeFileSync(
        to.replace(/\.ts$/, '.js'),
        transformFileSync(from, { configFile: path.join(ROOT, '.swcrc') }).code,
      );
    }
  }
}
