'use strict';
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { run } = require('./process.cjs');

const README = path.join(__dirname, '../../README.md');
/** The official starter of Nest 11: CommonJS by nodenext, and a Jest that knows nothing of endings in .js. */
const COMPILER_OPTIONS = {
  module: 'nodenext',
  moduleResolution: 'nodenext',
  resolvePackageJsonExports: true,
  esModuleInterop: true,
  isolatedModules: true,
  declaration: true,
  emitDecoratorMetadata: true,
  experimentalDecorators: true,
  target: 'ES2023',
  outDir: './dist',
  skipLibCheck: true,
  strictNullChecks: true,
  types: ['node', 'jest'],
};
const JEST = {
  moduleFileExtensions: ['js', 'json', 'ts'],
  rootDir: 'src',
  testRegex: String.raw`.*\.spec\.ts$`,
  transform: { [String.raw`^.+\.(t|j)s$`]: 'ts-jest' },
  testEnvironment: 'node',
};

/** The README's code, put into the official starter word for word, compiles, and its test runs. */
async function tryReadme(folder) {
  const starter = path.join(folder, 'starter');
  mkdirSync(path.join(starter, 'src'), { recursive: true });
  writeFileSync(path.join(starter, 'package.json'), JSON.stringify({ name: 'starter', private: true, jest: JEST }));
  writeFileSync(path.join(starter, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER_OPTIONS }));
  for (const [, code] of readFileSync(README, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)) {
    writeFileSync(path.join(starter, 'src', /^\/\/ (\S+\.ts)\n/.exec(code)[1]), code);
  }
  const packages = path.join(folder, 'node_modules');
  await run(process.execPath, [path.join(packages, 'typescript/bin/tsc'), '--noEmit', '-p', starter], { cwd: starter });
  await run(process.execPath, [path.join(packages, 'jest/bin/jest.js')], { cwd: starter });
}

module.exports = { tryReadme };
