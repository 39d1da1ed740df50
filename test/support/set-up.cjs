const { spawnSync } = require('node:child_process');
const compileWorkers = require('./compile-workers.cjs');

/** Jest's globalSetup. */
module.exports = function setUp() {
  compileWorkers();
  if (process.env.CI === 'true') return;
  for (const [command, stories] of [
    ['redis-server', 'of Redis'],
    ['promtool', 'of metrics and alerts'],
    ['chromium', 'of the console page'],
  ]) {
    if (spawnSync(command, ['--version']).status === 0) continue;
    console.log(`Without ${command} the stories ${stories} are skipped: npm run setup installs it (Debian, as root).`);
  }
};
