import { inspect } from 'node:util';
import { OcrResultService, SignatureService, TicketService } from 'nestjs-bankcard-ocr';
import { Metrics } from '../../apps/demo-api/src/metrics/metrics.js';
import { createApp } from '../../apps/demo-api/src/server/create-app.js';
import { listen } from '../../apps/demo-api/src/server/listen.js';
import { readSecuritySettings } from '../../apps/demo-api/src/settings/security-settings.js';
import { readServerSettings } from '../../apps/demo-api/src/settings/server-settings.js';

/**
 * The demo in a real process, as talkative as it can be. Prints `listening <url>` and `metrics <url>`; after a line on stdin it queries the
 * orders of ORDERS itself, prints whatever comes in every way Node knows, then `done`, and ends.
 */
async function main(): Promise<void> {
  const { settings } = readServerSettings(process.env);
  const { logger, metrics } = settings;
  const app = await createApp({ ...readSecuritySettings(process.env).settings, logger, metrics });
  console.log(`listening ${await listen(app, settings)}`);
  console.log(`metrics ${app.get(Metrics).url}`);
  await new Promise((resolve) => process.stdin.once('data', resolve));

  const ocr = app.get(OcrResultService);
  const tickets = app.get(TicketService);
  for (const service of [ocr, tickets, app.get(SignatureService)]) print(service);
  print(await tickets.getCredentials().catch((error: unknown) => error));
  print(tickets.status());
  for (const orderNo of (process.env['ORDERS'] ?? '').split(',')) {
    print(await ocr.query(orderNo, { photos: true, maxAttempts: 1 }).catch((error: unknown) => error));
  }
  await app.close();
  console.log('done');
  process.exit(0);
}

function print(value: unknown): void {
  console.log(value);
  console.log('%s %o %O', value, value, value);
  console.log(
    inspect(value, { depth: Infinity, showHidden: true, maxArrayLength: Infinity, maxStringLength: Infinity }),
  );
  console.log(toJson(value), toJson(Object.getOwnPropertyDescriptors(value)), String(value));
  for (let error = value; error instanceof Error; error = error.cause) {
    console.log(error.message, error.stack, toJson(error), toJson({ ...error }));
  }
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    return String(error);
  }
}

void main();
