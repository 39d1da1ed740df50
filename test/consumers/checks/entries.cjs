'use strict';
// Every entry has the same names as CommonJS and as ES module.
const assert = require('node:assert/strict');
const { exports: entries } = require('nestjs-bankcard-ocr/package.json');

async function main() {
  for (const entry of Object.keys(entries).filter((name) => !name.endsWith('.json'))) {
    const name = `nestjs-bankcard-ocr${entry.slice(1)}`;
    const named = (module) =>
      Object.keys(module)
        .filter((key) => !['__esModule', 'default', 'module.exports'].includes(key))
        .toSorted();
    const required = named(require(name));
    assert.ok(required.length > 0, `${name} is empty`);
    assert.deepEqual(named(await import(name)), required, name);
    console.log(`${name}: ${required.length} names, the same as CommonJS and as ES module`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
