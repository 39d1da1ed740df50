const { projects } = require('../../jest.config.cjs');

const { displayName: _displayName, ...project } = projects[0];

process.env.RUNS ??= '200000';

/**
 * npm run fuzz: the long form of the fuzz specs, which fails unless it gets to nearly every branch of the reader.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  ...project,
  rootDir: '../..',
  roots: ['<rootDir>/test/fuzz'],
  testMatch: ['**/*.fuzz.spec.ts'],
  testTimeout: 60 * 60_000,
  collectCoverage: true,
  collectCoverageFrom: ['libs/bankcard-ocr/src/vendor/response/incremental/*.ts', '!**/*.spec.ts'],
  coverageReporters: ['text'],
  // A run that is repeated alone does not get everywhere.
  coverageThreshold: Number(process.env.RUNS) >= 10_000 ? { global: { branches: 95 } } : undefined,
};
