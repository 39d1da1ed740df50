import { readApiKeys } from './auth/read-api-keys.js';
import { boot } from './server/boot.js';
import { listen } from './server/listen.js';
import { readServerSettings } from './server/server-settings.js';
import { stopWith } from './server/start-error.js';

/** Serve with the Tencent host that the environment names. */
async function main(): Promise<void> {
  const { settings, faults } = readServerSettings(process.env);
  const keys = readApiKeys(process.env['DEMO_API_KEYS']);
  const app = await boot({ ...settings, access: keys.apiKeys, faults: [...faults, ...keys.faults] });
  app.enableShutdownHooks();
  process.stdout.write(`demo-api listens on ${await listen(app, settings)}\n`);
}

main().catch(stopWith);
