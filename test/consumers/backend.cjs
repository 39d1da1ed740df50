'use strict';
const assert = require('node:assert/strict');
const { cpSync, mkdirSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { run, serve } = require('./process.cjs');

/** Compile the backend in one of the ways, its kind of module being that of the nearest manifest. @returns the folder of its JavaScript */
async function compile(folder, { kind, module, moduleResolution, checksPackage = false }) {
  const target = path.join(folder, `${kind}-${moduleResolution}`);
  mkdirSync(target, { recursive: true });
  cpSync(path.join(folder, 'backend'), path.join(target, 'src'), { recursive: true });
  writeFileSync(path.join(target, 'package.json'), JSON.stringify({ type: kind }));
  const compilerOptions = {
    ...{ target: 'ES2022', module, moduleResolution, strict: true, outDir: 'dist', rootDir: 'src' },
    ...{ experimentalDecorators: true, emitDecoratorMetadata: true, esModuleInterop: true, types: ['node'] },
    skipLibCheck: !checksPackage,
  };
  const config = { compilerOptions, include: ['src'], exclude: ['src/*.test.ts'] };
  writeFileSync(path.join(target, 'tsconfig.json'), JSON.stringify(config));
  await run(process.execPath, [path.join(folder, 'node_modules/typescript/bin/tsc'), '-p', target], { cwd: target });
  return path.join(target, 'dist');
}

/** Start a compiled backend for two accounts, ask it over HTTP, and stop it. */
async function tryServer(dist, server, { own, loans }) {
  const variables = (prefix, account) => {
    return Object.entries(account).map(([name, value]) => [`${prefix}BANKCARD_OCR_${name}`, value]);
  };
  const env = { ...process.env, ...Object.fromEntries([...variables('', own), ...variables('LOANS_', loans)]) };
  const backend = await serve(path.join(dist, `${server}.js`), 'listening', { env });
  try {
    const get = async (route) => {
      const response = await fetch(`${backend.said}/${route}`);
      return { status: response.status, body: await response.json() };
    };
    for (const route of ['bank-cards/order1', 'loans/order1']) {
      const { status, body } = await get(route);
      assert.deepEqual([status, body.cardNumber], [200, '622202*********0128'], route);
    }
    const photo = await get('photos/order1');
    assert.equal(photo.body.generation, 1);
    assert.ok(photo.body.bytes > 10_000, `a photo of ${photo.body.bytes} bytes`);
    assert.equal((await get('bank-cards/nobodys')).body.code, 'ORDER_NOT_FOUND');
    assert.equal((await get('bank-cards/not-an-order')).status, 400);
  } catch (error) {
    throw new Error(`${dist} on ${server}: ${error.message}\n${backend.output()}`, { cause: error });
  } finally {
    await backend.stop();
  }
}

module.exports = { compile, tryServer };
