import { startOnSandbox } from './sandbox/start-on-sandbox.js';
import { stopWith } from './server/start-error.js';

async function main(): Promise<void> {
  const { app, announcement } = await startOnSandbox(process.env);
  app.enableShutdownHooks();
  process.stdout.write(announcement);
}

main().catch(stopWith);
