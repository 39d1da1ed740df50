'use strict';
// npm run build: the library as CommonJS and as ES modules, each with its own types. Arguments are options of the compiler.
const { spawnSync } = require('node:child_process');
const { mkdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const LIBRARY = path.join(__dirname, '../libs/bankcard-ocr');
/** What package.json means by `require` and by `import`. */
const BUILDS = [
  { folder: 'cjs', project: 'tsconfig.lib.json', type: 'commonjs' },
  // The same sources, whose types the first one has checked.
  { folder: 'esm', project: 'tsconfig.esm.json', type: 'module', options: ['--noCheck'] },
];

/**
 * Build the library.
 *
 * @param target where to; the package's own dist by default
 * @param options further options of the compiler
 */
function buildLibrary(target = path.join(LIBRARY, 'dist'), options = []) {
  rmSync(target, { recursive: true, force: true });
  for (const { folder, project, type, options: own = [] } of BUILDS) {
    const outDir = path.join(target, folder);
    const args = ['-p', path.join(LIBRARY, project), '--outDir', outDir, ...own, ...options];
    const { status } = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), ...args], {
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error(`the library does not compile as ${type}`);
    mkdirSync(outDir, { recursive: true });
    if (type === 'commonjs') {
      keepOptional(path.join(outDir, 'redis/redis-url.js'), 'ioredis');
      keepOptional(path.join(outDir, 'vendor/http/load-http-service.js'), '@nestjs/axios', 'axios');
    }
    // Node and compilers take the kind of a module from the nearest manifest.
    writeFileSync(path.join(outDir, 'package.json'), `${JSON.stringify({ type })}\n`);
  }
}

/**
 * The compiler moves what `import()` loads into a function of its own, out of the `try` around it. There bundlers no longer
 * see that the package may be missing, and refuse to bundle an application that does without it.
 */
function keepOptional(file, ...names) {
  let compiled = readFileSync(file, 'utf8');
  for (const name of names) {
    const loading = `__importStar(require('${name}'))`;
    const moved = `Promise.resolve().then(() => ${loading})`;
    if (!compiled.includes(moved)) throw new Error(`${file} does not load ${name} as it was expected to`);
    compiled = compiled.replace(moved, loading);
  }
  writeFileSync(file, compiled);
}

module.exports = { buildLibrary };
if (require.main === module) buildLibrary(undefined, process.argv.slice(2));
