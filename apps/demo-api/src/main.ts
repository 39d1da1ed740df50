import { boot } from './server/boot.js';
import { listen } from './server/listen.js';
import { stopWith } from './server/start-error.js';
import { readSecuritySettings } from './settings/security-settings.js';
import { readServerSettings } from './settings/server-settings.js';

/** Serve with the Tencent host that the environment names. */
async function main(): Promise<void> {
  const server = readServerSettings(process.env);
  const security = readSecuritySettings(process.env);
  const faults = [...server.faults, ...security.faults];
  const app = await boot({ ...server.settings, ...security.settings, faults });
  app.enableShutdownHooks();
  process.stdout.write(`demo-api listens on ${await listen(app, server.settings)}\n`);
}

main().catch(stopWith);
