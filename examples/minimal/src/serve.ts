import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

/** Start the backend. @returns its address */
export async function serve(): Promise<string> {
  const app = await NestFactory.create(AppModule);
  // A stop lets running requests end, then the timers and connections of the module; the process ends with 0.
  app.enableShutdownHooks([], { useProcessExit: true });
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
  return app.getUrl();
}
