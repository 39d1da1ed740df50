'use strict';
require('reflect-metadata');
const { NestFactory } = require('@nestjs/core');
const { BankCardOcrModule, OcrResultService } = require('nestjs-bankcard-ocr');

/** The same application as CommonJS, which leads bundlers to the other build of the library. */
async function main() {
  const module = BankCardOcrModule.forRoot(JSON.parse(process.env.OPTIONS));
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  try {
    const { cardNumber } = await app.get(OcrResultService).query('order1');
    console.log(`card ${cardNumber.masked}`);
  } finally {
    await app.close();
  }
}

main().catch((error) => console.log(`${error.name} ${error.code}: ${error.message}`));
