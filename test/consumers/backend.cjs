'use strict';
const assert = require('node:assert/strict');
const { cpSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { run, serve } = require('./process.cjs');

/** What must and what must not compile, which the published types have to know as well. */
const TYPES = path.join(__dirname, '../types');

/** Compile sources in one of the ways, the kind of module being that of the nearest manifest. @returns the folder of their JavaScript */
async function compile(folder, { kind, module, moduleResolution, source = 'backend', checksPackage = false }) {
  const target = path.join(folder, `${source}-${kind}-${moduleResolution}`);
  mkdirSync(target, { recursive: true });
  cpSync(path.join(folder, source), path.join(target, 'src'), { recursive: true });
  if (source === 'backend') cpSync(TYPES, path.join(target, 'src/types'), { recursive: true });
  if (source === 'backend' && checksPackage) writeFileSync(path.join(target, 'src/every-entry.ts'), everyEntry(folder));
  writeFileSync(path.join(target, 'package.json'), JSON.stringify({ type: kind }));
  const compilerOptions = { module, moduleResolution, outDir: 'dist', rootDir: 'src', types: ['node'] };
  const config = {
    extends: '../tsconfig.json',
    compilerOptions: { ...compilerOptions, skipLibCheck: !checksPackage },
    include: ['src'],
    exclude: ['src/*.test.ts'],
  };
  writeFileSync(path.join(target, 'tsconfig.json'), JSON.stringify(config));
  await run(process.execPath, [path.join(folder, 'node_modules/typescript/bin/tsc'), '-p', target], { cwd: target });
  return path.join(target, 'dist');
}

/** Declarations are only checked when something imports them. @returns a source that imports those of every entry */
function everyEntry(folder) {
  const manifest = path.join(folder, 'node_modules/nestjs-bankcard-ocr/package.json');
  const entries = Object.keys(JSON.parse(readFileSync(manifest, 'utf8')).exports).filter(
    (name) => !name.endsWith('.json'),
  );
  return entries
    .map((entry, index) => `export * as entry${index} from 'nestjs-bankcard-ocr${entry.slice(1)}';\n`)
    .join('');
}

/** Start a compiled backend for two accounts, ask it over HTTP, and stop it. `ticketStore`: of the first account. */
async function tryServer(dist, server, { own, loans }, ticketStore = 'memory:') {
  const variables = (prefix, account) => {
    return Object.entries(account).map(([name, value]) => [`${prefix}BANKCARD_OCR_${name}`, value]);
  };
  const accounts = [...variables('', { ...own, TICKET_STORE: ticketStore }), ...variables('LOANS_', loans)];
  const env = { ...process.env, ...Object.fromEntries(accounts) };
  const backend = await serve(process.execPath, [path.join(dist, `${server}.js`)], /^listening (.+)\n/m, { env });
  try {
    await ask(backend.found[1]);
  } catch (error) {
    throw new Error(`${dist} on ${server}: ${error.message}\n${backend.output()}`, { cause: error });
  } finally {
    await backend.stop();
  }
}

async function ask(url) {
  const get = async (route) => {
    const response = await fetch(`${url}/${route}`);
    return { status: response.status, body: await response.json() };
  };
  for (const route of ['bank-cards/order1', 'loans/order1']) {
    const { status, body } = await get(route);
    assert.deepEqual([status, body.cardNumber], [200, '622202*********0128'], route);
  }
  const { bytes, downloaded, generation } = (await get('photos/order1')).body;
  assert.ok(bytes > 10_000, `a photo of ${bytes} bytes`);
  assert.deepEqual([downloaded, generation], [bytes, 1]);
  assert.equal((await get('bank-cards/nobodys')).body.code, 'ORDER_NOT_FOUND');
  assert.equal((await get('bank-cards/not-an-order')).status, 400);
}

module.exports = { compile, tryServer };
