'use strict';
const assert = require('node:assert/strict');
const { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { run } = require('./process.cjs');
const { startRedis } = require('./redis-server.cjs');
const { closedPort, startVendor } = require('./tracing/vendor.cjs');

/** What Nest itself loads only if it is there. */
const OPTIONAL_OF_NEST = ['@nestjs/microservices', '@nestjs/websockets', '@nestjs/platform-express'];
const MASKED = /^card 622202\*{9}0128\n$/;

/** Bundle the application with every bundler, from both kinds of modules. @returns the files */
async function bundle(folder, target) {
  mkdirSync(target, { recursive: true });
  const names = [...OPTIONAL_OF_NEST.flatMap((name) => [name, `${name}/*`]), 'class-*'];
  const external = names.map((name) => `--external:${name}`);
  const minified = ['--bundle', '--platform=node', '--minify', '--log-level=error', ...external];
  const files = [];
  for (const entry of ['app.cjs', 'app.mjs']) {
    const [esbuild, webpack] = ['esbuild', 'webpack'].map((name) => path.join(target, `${name}-${entry}.cjs`));
    const options = { cwd: folder };
    await run('node_modules/.bin/esbuild', [`bundle/${entry}`, ...minified, `--outfile=${esbuild}`], options);
    await run(process.execPath, ['bundle/webpack.cjs', `bundle/${entry}`, webpack], options);
    files.push(esbuild, webpack);
  }
  return files;
}

/** Nothing is found beside a bundle: it runs in a folder of its own. @returns what it prints */
async function start(file, options) {
  const env = { ...process.env, OPTIONS: JSON.stringify({ appId: 'IDAXXXXX', secret: 's'.repeat(64), ...options }) };
  return run(process.execPath, [file], { cwd: path.dirname(file), env });
}

/** What an application goes without when it needs neither. */
const OPTIONAL = ['ioredis', '@nestjs/axios', 'axios'];

/** An application in one file starts without the optional packages, says so when one is needed, and works with it, minified too. */
async function tryBundles(folder) {
  cpSync(path.join(__dirname, 'bundle'), path.join(folder, 'bundle'), { recursive: true });
  const places = OPTIONAL.map((name, index) => [
    path.join(folder, 'node_modules', name),
    path.join(folder, `taken-away-${index}`),
  ]);
  for (const [installed, takenAway] of places) renameSync(installed, takenAway);
  const alone = mkdtempSync(path.join(tmpdir(), 'bundles-'));
  const vendor = await startVendor();
  const baseUrl = vendor.url;
  try {
    for (const file of await bundle(folder, path.join(alone, 'without'))) {
      assert.match(await start(file, { baseUrl }), MASKED, `${file} on undici`);
      assert.match(await start(file, { baseUrl, transport: 'http-service' }), /npm install @nestjs\/axios axios/, file);
      const ticketStore = `file:${path.join(alone, path.basename(file))}`;
      assert.match(await start(file, { baseUrl, ticketStore }), MASKED, `${file} with files`);
      assert.match(await start(file, { baseUrl, ticketStore: 'redis://127.0.0.1:1/0' }), /npm install ioredis/, file);
    }
    for (const [installed, takenAway] of places) renameSync(takenAway, installed);
    for (const file of await bundle(folder, path.join(alone, 'with'))) {
      for (const transport of ['http-service', 'undici']) {
        assert.match(await start(file, { baseUrl, transport }), MASKED, `${file} on ${transport}`);
      }
      await tryRedis(file, baseUrl, alone);
    }
  } finally {
    await vendor.stop();
    rmSync(alone, { recursive: true, force: true });
  }
}

/** What a Redis says is understood from its words: minified, all errors of its client are called alike. */
async function tryRedis(file, baseUrl, folder) {
  const settings = { works: [], refuses: ['--requirepass', 'secret'], replica: ['--replicaof', '127.0.0.1', '1'] };
  const outputs = {};
  for (const [name, more] of Object.entries(settings)) {
    const redis = await startRedis(folder, more);
    if (!redis) return;
    outputs[name] = await start(file, { baseUrl, ticketStore: redis.url }).finally(() => redis.stop());
  }
  const away = { baseUrl, ticketStore: `redis://127.0.0.1:${await closedPort()}/0`, timeoutMs: 2_000 };
  outputs.away = await start(file, away);
  assert.match(outputs.works, MASKED, file);
  assert.match(outputs.refuses, /^BankCardOcrConfigurationError CONFIGURATION: [^]*\(NOAUTH[:)]/, file);
  assert.match(outputs.replica, /READONLY/, file);
  assert.match(outputs.away, /^BankCardOcrError NO_VALID_TICKET: [^]*NOT_CONNECTED/, file);
}

module.exports = { tryBundles };
