import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { BankCardOcrModule, getBankCardOcrToken, OcrResultService } from 'nestjs-bankcard-ocr';

/** One query of an application that is one file; what becomes of it is printed. */
async function main() {
  const options = JSON.parse(process.env.OPTIONS);
  // With a name, services have tokens of their own: minified, different classes are called alike.
  const own = { appId: 'IDAYYYYY', ticketStore: 'memory:', transport: 'undici', backgroundRefresh: false };
  const named = BankCardOcrModule.forRoot({ ...options, ...own, name: 'loans' });
  const module = { module: class Application {}, imports: [BankCardOcrModule.forRoot(options), named] };
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  try {
    const { cardNumber } = await app.get(OcrResultService).query('order1');
    await app.get(getBankCardOcrToken(OcrResultService, 'loans')).query('order1');
    console.log(`card ${cardNumber.masked}`);
  } finally {
    await app.close();
  }
}

main().catch((error) => console.log(`${error.name} ${error.code}: ${error.message}`));
