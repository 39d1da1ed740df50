import type { LoggerService } from '@nestjs/common';
import { TicketService } from 'nestjs-bankcard-ocr';
import { KycSandbox, type KycSandboxOptions } from 'nestjs-bankcard-ocr/testing';
import { sha256Of } from '../src/auth/api-keys.js';
import { readApiKeys } from '../src/auth/read-api-keys.js';
import { pointAtSandbox } from '../src/sandbox/sandbox-environment.js';
import { boot } from '../src/server/boot.js';
import type { AppSettings } from '../src/server/create-app.js';
import { listen } from '../src/server/listen.js';

/** The key of the demo's only client. */
export const KEY = 'canary-key-of-the-shop';
/** What `DEMO_API_KEYS` says about it. */
export const KEYS = `shop:${sha256Of(KEY).toString('hex')}`;

/** The demo as main.ts makes it, the vendor being a sandbox. */
export interface ServedDemo {
  readonly sandbox: KycSandbox;
  readonly url: string;
  /** Every line it has logged, at any level. */
  readonly logged: readonly string[];
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  json(path: string): Promise<unknown>;
  /** Send JSON, or, a text, exactly that. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Send a form. */
  upload(path: string, form: FormData, headers?: Record<string, string>): Promise<Response>;
  /** Stop serving; requests under way are answered. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param prepare is called before the demo starts, which then does not wait for its credentials
 * @param settings who may come in; whoever has {@link KEY} by default. How long a call may take; longer than any machine
 * needs by default
 */
export async function serveDemo(
  options: KycSandboxOptions = {},
  prepare?: (sandbox: KycSandbox) => void,
  { timeoutMs = 60_000, ...settings }: Partial<Pick<AppSettings, 'access'>> & { timeoutMs?: number } = {},
): Promise<ServedDemo> {
  const sandbox = await KycSandbox.start(options);
  prepare?.(sandbox);
  pointAtSandbox(process.env, sandbox);
  process.env['BANKCARD_OCR_TIMEOUT_MS'] = String(timeoutMs);

  const logged: string[] = [];
  const log = (...line: unknown[]): void => void logged.push(line.join(' '));
  const logger: LoggerService = { log, error: log, warn: log, debug: log, verbose: log, fatal: log };
  const app = await boot({ access: readApiKeys(KEYS).apiKeys, ...settings, logger, faults: [] });
  const url = await listen(app, { port: 0, host: '127.0.0.1' });
  if (!prepare) await app.get(TicketService).getCredentials();
  const get = (path: string, headers: Record<string, string> = { 'x-api-key': KEY }) => fetch(url + path, { headers });
  return {
    sandbox,
    url,
    logged,
    get,
    json: async (path) => (await get(path)).json(),
    post: (path, body, headers = { 'x-api-key': KEY }) => {
      return fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    },
    upload: (path, form, headers = { 'x-api-key': KEY }) => fetch(url + path, { method: 'POST', headers, body: form }),
    drain: () => app.close(),
    close: async () => {
      sandbox.clearFaults();
      await app.close();
      await sandbox.stop();
    },
  };
}
