'use strict';
// An application that has none of the optional peers. They are installed beside it for others: hide them from `require`.
const assert = require('node:assert/strict');
const Module = require('node:module');
const { peerDependenciesMeta } = require('nestjs-bankcard-ocr/package.json');

const optional = Object.keys(peerDependenciesMeta);
const resolve = Module._resolveFilename;
Module._resolveFilename = function hideOptional(request, ...rest) {
  if (!optional.includes(request)) return resolve.call(this, request, ...rest);
  throw Object.assign(new Error(`Cannot find module '${request}'`), { code: 'MODULE_NOT_FOUND' });
};

async function main() {
  require('reflect-metadata');
  const { NestFactory } = require('@nestjs/core');
  const { BankCardOcrModule, OcrResultService } = require('nestjs-bankcard-ocr');
  const { KycSandbox } = require('nestjs-bankcard-ocr/testing');
  const sandbox = await KycSandbox.start();
  const { appId, secret, url } = sandbox;
  const start = (options) =>
    NestFactory.createApplicationContext(BankCardOcrModule.forRoot({ appId, secret, baseUrl: url, ...options }), {
      logger: false,
      abortOnError: false,
    });
  const app = await start({});
  const { cardNumber } = await app.get(OcrResultService).query(KycSandbox.EXAMPLE_ORDERS.clean);
  assert.equal(cardNumber.masked, '622202*********0128');
  await app.close();
  await assert.rejects(start({ ticketStore: 'redis://127.0.0.1:1/0' }), /npm install ioredis/);
  for (const entry of ['config', 'http', 'redis']) {
    assert.throws(() => require(`nestjs-bankcard-ocr/${entry}`), /Cannot find module/, entry);
  }
  await sandbox.stop();
  console.log(`runs without ${optional.join(', ')}`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
