const { rmSync } = require('node:fs');

/** Jest's globalTeardown: see compile-workers.cjs. */
module.exports = function removeWorkers() {
  rmSync(process.env.COMPILED_WORKERS, { recursive: true, force: true });
};
