import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { BankCardOcrModule, OcrResultService } from 'nestjs-bankcard-ocr';

/** One query of an application that is one file; what becomes of it is printed. */
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
