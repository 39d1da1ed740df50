import 'reflect-metadata';
import assert from 'node:assert/strict';
import { NestFactory } from '@nestjs/core';
import { BankCardOcrModule, type BankCardOcrOptions, OcrResultService } from 'nestjs-bankcard-ocr';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';

/** An application without the optional peers: the first result, and what it is told when it wants more. */
async function firstResult(): Promise<void> {
  const sandbox = await KycSandbox.start();
  const { appId, secret, url: baseUrl } = sandbox;
  const start = (more: Partial<BankCardOcrOptions> = {}) =>
    NestFactory.createApplicationContext(BankCardOcrModule.forRoot({ appId, secret, baseUrl, ...more }), {
      logger: false,
      abortOnError: false,
    });
  const app = await start();
  const { cardNumber } = await app.get(OcrResultService).query(KycSandbox.EXAMPLE_ORDERS.clean);
  assert.equal(cardNumber.masked, '622202*********0128');
  await app.close();
  await assert.rejects(start({ ticketStore: 'redis://127.0.0.1:1/0' }), /npm install ioredis/);
  await assert.rejects(
    start({ transport: 'http-service' }),
    /transport \(BANKCARD_OCR_TRANSPORT\).*npm install @nestjs\/axios axios/,
  );
  for (const entry of ['config', 'http', 'redis', 'telemetry']) {
    await assert.rejects(import(`nestjs-bankcard-ocr/${entry}`), /Cannot find (?:package|module)/, entry);
  }
  await sandbox.stop();
}

void firstResult();
