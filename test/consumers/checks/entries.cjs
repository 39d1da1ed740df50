'use strict';
// Every entry, loaded by itself, has the same names as CommonJS and as ES module.
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');
const { exports: entries } = require('nestjs-bankcard-ocr/package.json');

const run = promisify(execFile);
/** Early Node 20.19 warns that a CommonJS file loads an ES module. */
const QUIET = '--disable-warning=ExperimentalWarning';
/** Beside the names are those by which the two kinds of modules reach each other. */
const NAMES = `Object.keys(entry).filter((key) => !['__esModule', 'default', 'module.exports'].includes(key)).toSorted()`;
const WAYS = [
  (name) => ['-e', `const entry = require('${name}'); console.log(${NAMES}.join());`],
  (name) => ['--input-type=module', '-e', `import * as entry from '${name}'; console.log(${NAMES}.join());`],
];

async function main() {
  for (const entry of Object.keys(entries).filter((name) => !name.endsWith('.json'))) {
    const name = `nestjs-bankcard-ocr${entry.slice(1)}`;
    const outputs = await Promise.all(
      WAYS.map((way) => run(process.execPath, [QUIET, ...way(name)], { cwd: __dirname })),
    );
    const [required, imported] = outputs.map(({ stdout }) => stdout.trim().split(','));
    assert.notEqual(required[0], '', `${name} is empty`);
    assert.deepEqual(imported, required, name);
    for (const { stderr } of outputs) assert.equal(stderr, '', name);
    console.log(`${name}: ${required.length} names, the same as CommonJS and as ES module`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
