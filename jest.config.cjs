const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const path = require('node:path');

/**
 * Jest cannot `require()` ES modules before Node 24.9, so SWC down-levels the packages that ship nothing else, those that a
 * package brings for itself included. The list is computed: one kept by hand goes out of date silently.
 */
function esmOnlyPackages(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap(({ name }) => {
    if (name.startsWith('.')) return [];
    if (name.startsWith('@')) return esmOnlyPackages(path.join(folder, name)).map((inner) => `${name}/${inner}`);
    try {
      const manifest = JSON.parse(readFileSync(path.join(folder, name, 'package.json'), 'utf8'));
      if (manifest.type === 'module') return [name];
    } catch {
      return [];
    }
    const own = path.join(folder, name, 'node_modules');
    return existsSync(own) ? esmOnlyPackages(own).map((inner) => `${name}/node_modules/${inner}`) : [];
  });
}

const esmOnly = esmOnlyPackages(path.join(__dirname, 'node_modules'));

/** What every project of the run needs. */
const common = {
  testEnvironment: '<rootDir>/test/support/compile-once.environment.cjs',
  setupFiles: ['<rootDir>/test/support/process-of-node.cjs'],
  modulePathIgnorePatterns: ['<rootDir>/.tmp', '/dist/'],
  transform: { '\\.[cm]?[jt]s$': '@swc/jest' },
  transformIgnorePatterns: [`^<rootDir>/node_modules/(?!(${esmOnly.join('|')})/)`],
  moduleNameMapper: {
    '^nestjs-bankcard-ocr$': '<rootDir>/libs/bankcard-ocr/src/index.ts',
    '^nestjs-bankcard-ocr/(.*)$': '<rootDir>/libs/bankcard-ocr/src/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};

/** @type {import('jest').Config} */
module.exports = {
  globalSetup: '<rootDir>/test/support/set-up.cjs',
  globalTeardown: '<rootDir>/test/support/remove-workers.cjs',
  testSequencer: '<rootDir>/test/support/longest-first.cjs',
  // Nothing is judged by how long it took: only what hangs runs into this.
  testTimeout: 300_000,
  // Most stories wait for something half of their time. A number: Jest takes '150%' for 150 workers.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  projects: [
    {
      ...common,
      displayName: 'one',
      roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test', '<rootDir>/bench'],
      testMatch: ['**/*.spec.ts', '**/*.story.ts'],
      // What takes long, and real processes that share a store: npm run test:processes.
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/processes/', '\\.long\\.story\\.ts$'],
    },
  ],
};
