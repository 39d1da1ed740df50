import 'reflect-metadata';
import type { IncomingHttpHeaders } from 'node:http';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { TerminusModule } from '@nestjs/terminus';
import { BankCardOcrModule, bankCardOcrOptionsFromEnv } from 'nestjs-bankcard-ocr';
import { HealthController } from './health.controller.js';
import { OperationsModule } from './operations.module.js';

@Module({
  imports: [
    TerminusModule,
    BankCardOcrModule.forRootAsync({ useFactory: () => bankCardOcrOptionsFromEnv(process.env), isGlobal: true }),
    OperationsModule,
  ],
  controllers: [HealthController],
})
class OperatedModule {}

/** What the guard of docs/operations.md looks at. */
interface Authenticated {
  readonly headers: IncomingHttpHeaders;
  user?: { isOperator: boolean };
}

function authenticate(request: Authenticated): void {
  request.user = { isOperator: request.headers.authorization === 'operator' };
}

async function create(server: string | undefined): Promise<INestApplication> {
  const logger: ['fatal'] = ['fatal'];
  if (server === 'express') {
    const app = await NestFactory.create(OperatedModule, { logger });
    app.use((request: Authenticated, _response: unknown, next: () => void) => {
      authenticate(request);
      next();
    });
    return app;
  }
  const app = await NestFactory.create<NestFastifyApplication>(OperatedModule, new FastifyAdapter(), { logger });
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', async (request) => authenticate(request as unknown as Authenticated));
  return app;
}

async function main(): Promise<void> {
  const app = await create(process.argv[2]);
  process.once('SIGTERM', () => void app.close());
  await app.listen(0, '127.0.0.1');
  process.stdout.write(`listening ${await app.getUrl()}\n`);
}

void main();
