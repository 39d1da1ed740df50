import { writeFileSync } from 'node:fs';
import { createApp } from '../server/create-app.js';
import { readSecuritySettings } from '../settings/security-settings.js';
import { openApiOf } from './docs.js';

/** `npm run docs:openapi`: write the document of an application that never starts into the file that is named. */
async function main([file = '']: readonly string[]): Promise<void> {
  const placeholders = { APP_ID: 'IDAXXXXX', SECRET: 'x'.repeat(64), TICKET_STORE: 'memory:' };
  for (const [name, value] of Object.entries(placeholders)) process.env[`BANKCARD_OCR_${name}`] = value;
  const app = await createApp({ ...readSecuritySettings({}).settings, logger: ['error'] });
  writeFileSync(file, `${JSON.stringify(openApiOf(app), undefined, 2)}\n`);
  await app.close();
}

void main(process.argv.slice(2));
