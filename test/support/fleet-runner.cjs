const path = require('node:path');
const { default: TestRunner } = require('jest-runner');

/** Those that leave the processor alone for most of their time, and have no bound that is shorter than a second. */
const WAITING = new Set(['redis-loss.story.ts', 'stopped-holder.story.ts']);

/** Runs its tests one after the other, those that wait side by side, and all when those of the usual runner have ended. */
module.exports = class FleetRunner extends TestRunner {
  async runTests(tests, watcher, options) {
    const waits = (test) => WAITING.has(path.basename(test.path));
    await super.runTests(tests.filter(waits), watcher, options);
    await super.runTests(
      tests.filter((test) => !waits(test)),
      watcher,
      { ...options, serial: true },
    );
  }
};
