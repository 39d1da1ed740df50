const { spawnSync } = require('node:child_process');
const compileWorkers = require('./compile-workers.cjs');

/** Jest's globalSetup. */
module.exports = function setUp() {
  compileWorkers();
  if (process.env.CI === 'true' || spawnSync('redis-server', ['--version']).status === 0) return;
  console.log('Without a redis-server the stories of Redis are skipped: npm run setup installs it (Debian, as root).');
};
