const { projects, ...whole } = require('../../jest.config.cjs');

const { displayName: _displayName, testPathIgnorePatterns: _ignored, ...project } = projects[0];

/**
 * npm run test:processes: real processes and a real Redis, at the speed of the vendor, and the long stories of the other folders.
 *
 * Nothing here is judged by how long it took, so the only limit is one that a hanging test runs into.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  ...project,
  rootDir: '../..',
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test'],
  testMatch: ['<rootDir>/test/processes/**/*.story.ts', '**/*.long.story.ts'],
  // A Ceph is not on every machine: npm run soak.
  testPathIgnorePatterns: process.env.CEPH === 'true' ? [] : ['archive-ceph'],
  globalSetup: whole.globalSetup,
  globalTeardown: whole.globalTeardown,
  testSequencer: whole.testSequencer,
  testTimeout: Number(process.env.STORY_LIMIT_MS ?? 10 * 60_000),
  // They wait for leases to lapse and intervals to end for most of their time, whatever the machine is.
  maxWorkers: 4,
  // Each of those that run side by side in one process has several backends.
  maxConcurrency: 3,
};
