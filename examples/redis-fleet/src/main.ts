import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

async function serve(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  // A stop lets running requests end, then the connections to the vendor and to Redis; the process ends with 0.
  app.enableShutdownHooks([], { useProcessExit: true });
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
  console.log(`listening on ${await app.getUrl()}`);
}

void serve();
