'use strict';
// Health checks with Terminus, and the operations API, as docs/operations.md shows them.
const assert = require('node:assert/strict');
const { cpSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { compile } = require('./backend.cjs');
const compilers = require('./compilers.cjs');
const { installPackages } = require('./installation.cjs');
const { serve } = require('./process.cjs');
const { closedPort } = require('./tracing/vendor.cjs');

const PAGE = path.join(__dirname, '../../docs/operations.md');
const ON_THE_PAGE = ['health.controller.ts', 'operations.module.ts', 'follow.ts'];
/** Both kinds of modules, and both servers. */
const WAYS = [
  { kind: 'commonjs', server: 'express' },
  { kind: 'module', server: 'fastify' },
];

/** Install the packages of a Nest, and write what the page shows to files. @returns the folder */
async function installOperations(target, major, tarball) {
  const folder = await installPackages(target, `operations-nest${major}`, tarball);
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(compilers[`nest${major}`]));
  for (const name of ['operations', 'checks'])
    cpSync(path.join(__dirname, name), path.join(folder, name), { recursive: true });
  const page = readFileSync(PAGE, 'utf8');
  for (const [, name, code] of page.matchAll(/^```(?:ts|typescript)\n\/\/ src\/(\S+\.ts)\n(.*?)^```$/gms)) {
    writeFileSync(path.join(folder, 'operations', name), code);
  }
  for (const name of ON_THE_PAGE) readFileSync(path.join(folder, 'operations', name));
  return folder;
}

/** Try both servers on a sandbox, and without a vendor. */
async function tryOperations(folder) {
  const sandbox = await serve(process.execPath, ['checks/sandbox.cjs'], /^sandbox (.+)\n/m, { cwd: folder });
  try {
    const { own } = JSON.parse(sandbox.found[1]);
    for (const { kind, server } of WAYS) {
      const dist = await compile(folder, {
        kind,
        module: 'nodenext',
        moduleResolution: 'nodenext',
        source: 'operations',
      });
      await tryWithoutVendor(dist, server, own);
      await tryWithVendor(dist, server, own);
    }
  } finally {
    await sandbox.stop();
  }
}

function start(dist, server, account) {
  const variables = Object.entries({ ...account, TICKET_STORE: 'memory:' }).map(([name, value]) => [
    `BANKCARD_OCR_${name}`,
    value,
  ]);
  const env = { ...process.env, ...Object.fromEntries(variables) };
  return serve(process.execPath, [path.join(dist, 'main.js'), server], /^listening (.+)\n/m, { env });
}

async function tryWithoutVendor(dist, server, own) {
  const backend = await start(dist, server, { ...own, BASE_URL: `http://127.0.0.1:${await closedPort()}` });
  try {
    for (;;) {
      const { status, body } = await get(`${backend.found[1]}/health/ready`);
      assert.deepEqual([status, body.status, body.error['bankcard-ocr'].status], [503, 'error', 'down'], server);
      if (body.error['bankcard-ocr'].lastFailure === 'UNREACHABLE') break;
    }
  } finally {
    await backend.stop();
  }
}

async function tryWithVendor(dist, server, own) {
  const backend = await start(dist, server, own);
  const url = backend.found[1];
  let stopped = false;
  try {
    let ready = await get(`${url}/health/ready`);
    while (ready.status !== 200) ready = await get(`${url}/health/ready`);
    const { status, state, store } = ready.body.info['bankcard-ocr'];
    assert.deepEqual([ready.body.status, status, state, store], ['ok', 'up', 'fresh', 'ok'], server);
    for (const route of ['accounts', 'credentials', 'exchanges', 'live']) {
      assert.equal((await get(`${url}/ops/${route}`)).status, 403, `${server}: ${route} without a key`);
    }
    const headers = { authorization: 'operator' };
    for (const route of ['accounts', 'credentials', 'exchanges']) {
      const { body } = await get(`${url}/ops/${route}`, { headers });
      assert.ok(body[route].length > 0, `${server}: ${route}`);
    }
    // As the page reads it.
    const { follow } = await import(pathToFileURL(path.join(dist, 'follow.js')).href);
    const lines = [];
    let started;
    const start = new Promise((resolve) => (started = resolve));
    const following = follow(url, 'operator', (line) => {
      lines.push(line);
      started();
    });
    await start;
    const refreshed = await get(`${url}/ops/refresh`, { method: 'POST', headers });
    assert.deepEqual(
      [refreshed.status, refreshed.body.outcome, refreshed.body.generation],
      [200, 'refreshed', 2],
      server,
    );
    // A stream that is open does not keep the process alive.
    await backend.stop();
    stopped = true;
    await following;
    const types = lines.map(({ type }) => type);
    assert.deepEqual([types[0], types.at(-1)], ['start', 'end'], server);
    assert.ok(types.includes('exchange'), server);
    assert.ok(
      lines.some(({ event }) => event === 'credentials-updated'),
      server,
    );
  } finally {
    if (!stopped) await backend.stop();
  }
}

async function get(url, init) {
  const response = await fetch(url, init);
  return { status: response.status, body: await response.json() };
}

module.exports = { installOperations, tryOperations };
