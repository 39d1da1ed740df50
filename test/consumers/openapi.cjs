'use strict';
const assert = require('node:assert/strict');
const { createRequire } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { run } = require('./process.cjs');

/** How many members the schema of each DTO has. */
const MEMBERS = {
  BankCardOcrResponseDto: 10,
  CardPhotosDto: 2,
  CardValidityDto: 3,
  CardWarningDto: 3,
  CreateSdkLaunchDto: 2,
  RecognizeBankCardDto: 2,
  SdkLaunchResponseDto: 7,
  SdkResultVerdictDto: 1,
  VerifySdkResultDto: 2,
};

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
  // The members come from a static function whose name is internal to @nestjs/swagger.
  const members = Object.entries(document.components.schemas).map(([name, { properties }]) => {
    return [name, Object.keys(properties ?? {}).length];
  });
  assert.deepEqual(Object.fromEntries(members), MEMBERS);
  const { cardNumber, warnings } = document.components.schemas.BankCardOcrResponseDto.properties;
  assert.equal(cardNumber.description, 'Masked');
  assert.equal(warnings.items.$ref, '#/components/schemas/CardWarningDto');
  assert.equal(await validate(), true);
  // What a DTO with both would make of it, which has to be noticed.
  parameters[1].in = 'path';
  assert.equal(await validate(), false);
}

module.exports = { tryOpenApi };
