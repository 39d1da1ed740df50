const { readdirSync, readFileSync } = require('node:fs');
const path = require('node:path');

/**
 * Jest cannot `require()` ES modules before Node 24.9, so SWC down-levels the packages that ship nothing else.
 * The list is computed: one kept by hand goes out of date silently.
 */
function esmOnlyPackages(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap(({ name }) => {
    if (name.startsWith('.')) return [];
    if (name.startsWith('@')) return esmOnlyPackages(path.join(folder, name)).map((inner) => `${name}/${inner}`);
    try {
      const manifest = JSON.parse(readFileSync(path.join(folder, name, 'package.json'), 'utf8'));
      return manifest.type === 'module' ? [name] : [];
    } catch {
      return [];
    }
  });
}

const esmOnly = esmOnlyPackages(path.join(__dirname, 'node_modules'));

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/support/compile-workers.cjs',
  globalTeardown: '<rootDir>/test/support/remove-workers.cjs',
  modulePathIgnorePatterns: ['<rootDir>/.tmp', '/dist/'],
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts', '**/*.story.ts'],
  transform: { '\\.[cm]?[jt]s$': '@swc/jest' },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  moduleNameMapper: {
    '^nestjs-bankcard-ocr$': '<rootDir>/libs/bankcard-ocr/src/index.ts',
    '^nestjs-bankcard-ocr/(.*)$': '<rootDir>/libs/bankcard-ocr/src/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  testTimeout: 20_000,
  maxWorkers: '100%',
};
