'use strict';
const assert = require('node:assert/strict');
const { createRequire } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { run } = require('./process.cjs');

/** The document that @nestjs/swagger makes of the DTOs, in a backend without its plugin, is valid OpenAPI. */
async function tryOpenApi(folder, dist) {
  const document = JSON.parse(await run(process.execPath, [path.join(dist, 'openapi.js')], { cwd: folder }));
  const validator = createRequire(path.join(folder, 'package.json')).resolve('@seriousme/openapi-schema-validator');
  const { Validator } = await import(pathToFileURL(validator).href);
  const validate = async () => (await new Validator().validate(structuredClone(document))).valid;
  const { parameters } = document.paths['/bank-cards/{orderNo}'].get;
  assert.deepEqual(
    parameters.map((one) => `${one.in} ${one.name}`),
    ['path orderNo', 'query photos'],
  );
  assert.equal(await validate(), true);
  // What a DTO with both would make of it, which has to be noticed.
  parameters[1].in = 'path';
  assert.equal(await validate(), false);
}

module.exports = { tryOpenApi };
