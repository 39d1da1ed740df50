'use strict';
// npm run bench: compile the library and the bench, measure, remove what was compiled. Plain Node, no network.
const { spawn } = require('node:child_process');
const { rmSync } = require('node:fs');
const path = require('node:path');
const { compileAll } = require('./compile.cjs');

console.log('Compiling the library and the bench ...');
const target = compileAll();
const flags = ['--disable-warning=ExperimentalWarning', '--enable-source-maps'];
const child = spawn(process.execPath, [...flags, path.join(target, 'bench/main.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, BENCH_ROOT: path.join(target, 'bench'), BENCH_RESULTS: path.join(__dirname, 'results') },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  rmSync(target, { recursive: true, force: true });
  process.exitCode = code ?? 1;
});
