'use strict';
const { spawnSync } = require('node:child_process');
const { once } = require('node:events');
const { createServer } = require('node:net');
const { serve } = require('./process.cjs');

/** A redis-server that keeps nothing on disk. @returns undefined on a machine that has none, which must not be that of the CI */
async function startRedis(folder, more = []) {
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    if (process.env.CI === 'true') throw new Error('There is no redis-server: npm run setup');
    return undefined;
  }
  const port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const server = await serve('redis-server', [...settings, ...more], /Ready to accept connections/);
  return { ...server, url: `redis://127.0.0.1:${port}/0` };
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

module.exports = { startRedis };
