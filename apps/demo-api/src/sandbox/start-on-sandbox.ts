import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { Metrics } from '../metrics/metrics.js';
import { boot } from '../server/boot.js';
import { listen } from '../server/listen.js';
import { StartError } from '../server/start-error.js';
import { readServerSettings } from '../settings/server-settings.js';
import { announce } from './announcement.js';
import { MovableClock } from './movable-clock.js';
import { SandboxModule } from './sandbox.module.js';
import { pointAtSandbox } from './sandbox-environment.js';
import { SANDBOX_KEY, sandboxSecurity } from './sandbox-security.js';

/** An application that serves invented cards. */
export interface SandboxedApp {
  readonly app: NestFastifyApplication;
  readonly sandbox: KycSandbox;
  readonly url: string;
  /** What to print after the start. */
  readonly announcement: string;
}

/** No other machine may reach an API whose key is printed here, even one with invented cards. */
const HOST = '127.0.0.1';

/**
 * Serve the same application on a sandbox instead of Tencent; closing it stops the sandbox.
 *
 * @param env `process.env`: it is changed, because the library's configuration is read from there
 * @throws {@link StartError}
 */
export async function startOnSandbox(env: NodeJS.ProcessEnv): Promise<SandboxedApp> {
  if (env['NODE_ENV']?.trim().toLowerCase() === 'production') {
    throw new StartError(
      'NODE_ENV=production: the sandbox start serves invented cards and is not for production. Start ' +
        'dist/apps/demo-api/src/main.js, or unset NODE_ENV.\n生产环境 (NODE_ENV=production) 不能以沙箱方式启动。',
    );
  }
  const server = readServerSettings(env);
  const security = sandboxSecurity(env);
  const clock = new MovableClock();
  const sandbox = await KycSandbox.start({ unknownOrders: 'reject', clock });
  try {
    pointAtSandbox(env, sandbox);
    const faults = [...server.faults, ...security.faults];
    const shownKey = security.hasOwnKeys ? undefined : SANDBOX_KEY;
    const module = SandboxModule.of(sandbox, { clock, shownKey });
    const metrics = server.settings.metrics && { ...server.settings.metrics, host: HOST };
    const settings = { ...server.settings, ...security.settings, metrics, shutdownDelayMs: 0 };
    const app = await boot({ ...settings, sandbox: module, faults });
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onClose', async () => {
        security.clear();
        await sandbox.stop();
      });
    const url = await listen(app, { ...server.settings, host: HOST });
    const { hasOwnKeys } = security;
    const { auditFile } = settings;
    const announcement = announce(url, { hasOwnKeys, auditFile, metricsUrl: app.get(Metrics).url });
    return { app, sandbox, url, announcement };
  } catch (error) {
    security.clear();
    await sandbox.stop();
    throw error;
  }
}
