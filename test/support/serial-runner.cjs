const { default: TestRunner } = require('jest-runner');

/** Runs its tests one after the other, and, being another runner, when those of the usual one have ended. */
module.exports = class SerialRunner extends TestRunner {
  isSerial = true;
};
