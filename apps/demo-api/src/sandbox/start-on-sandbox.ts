import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { readApiKeys } from '../auth/read-api-keys.js';
import { boot } from '../server/boot.js';
import { listen } from '../server/listen.js';
import { readServerSettings } from '../server/server-settings.js';
import { StartError } from '../server/start-error.js';
import { announce } from './announcement.js';
import { MovableClock } from './movable-clock.js';
import { SandboxModule } from './sandbox.module.js';
import { pointAtSandbox } from './sandbox-environment.js';

/** An application that serves invented cards. */
export interface SandboxedApp {
  readonly app: NestFastifyApplication;
  readonly sandbox: KycSandbox;
  readonly url: string;
  /** What to print after the start. */
  readonly announcement: string;
}

/** No other machine may reach an API that needs no key, even one with invented cards. */
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
  const { settings, faults } = readServerSettings(env);
  const keys = env['DEMO_API_KEYS']?.trim() ? readApiKeys(env['DEMO_API_KEYS']) : undefined;
  const clock = new MovableClock();
  const sandbox = await KycSandbox.start({ unknownOrders: 'reject', clock });
  try {
    pointAtSandbox(env, sandbox);
    const access = keys?.apiKeys ?? 'open';
    const app = await boot({
      ...settings,
      access,
      sandbox: SandboxModule.of(sandbox, clock),
      faults: [...faults, ...(keys?.faults ?? [])],
    });
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onClose', () => sandbox.stop());
    const url = await listen(app, { ...settings, host: HOST });
    return { app, sandbox, url, announcement: announce(url, keys !== undefined) };
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}
