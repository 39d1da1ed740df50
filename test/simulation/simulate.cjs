'use strict';
// npm run simulate: compiles the library and the simulation, and runs seeds. See README.md beside it.
const { rmSync } = require('node:fs');
const path = require('node:path');
const { compileInto } = require('../support/compile-workers.cjs');

const compiled = compileInto(`simulation-${process.pid}`, ['libs/bankcard-ocr/src', 'test/simulation']);
process.on('exit', () => rmSync(compiled, { recursive: true, force: true }));
require(path.join(compiled, 'test/simulation/main.js')).main(process.argv.slice(2));
