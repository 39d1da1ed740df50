import type { INestApplication } from '@nestjs/common';

/** Listen, tell the address, and end without a trace: a handle that is left open keeps the process alive. */
export async function serve(app: INestApplication): Promise<void> {
  process.once('SIGTERM', () => void app.close());
  await app.listen(0, '127.0.0.1');
  process.stdout.write(`listening ${await app.getUrl()}\n`);
}
