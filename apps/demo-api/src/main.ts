import { Metrics } from './metrics/metrics.js';
import { boot } from './server/boot.js';
import { listen } from './server/listen.js';
import { stopWith } from './server/start-error.js';
import { readArchiveSettings } from './settings/archive-settings.js';
import { readSecuritySettings } from './settings/security-settings.js';
import { readServerSettings } from './settings/server-settings.js';

/** Serve with the Tencent host that the environment names. */
async function main(): Promise<void> {
  const server = readServerSettings(process.env);
  const security = readSecuritySettings(process.env);
  const archive = readArchiveSettings(process.env);
  const faults = [...server.faults, ...security.faults, ...archive.faults];
  const app = await boot({ ...server.settings, ...security.settings, archive: archive.settings, faults });
  // Nest would end by the signal that it got. In a container this is process 1, which no such signal ends.
  app.enableShutdownHooks([], { useProcessExit: true });
  process.stdout.write(`demo-api listens on ${await listen(app, server.settings)}\n`);
  const { url } = app.get(Metrics);
  if (url !== undefined) process.stdout.write(`metrics: ${url}\n`);
}

main().catch(stopWith);
