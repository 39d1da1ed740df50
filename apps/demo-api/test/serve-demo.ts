import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { TicketService } from 'nestjs-bankcard-ocr';
import { KycSandbox, type KycSandboxOptions } from 'nestjs-bankcard-ocr/testing';
import { sha256Of } from '../src/auth/api-keys.js';
import { type Scope, SCOPES } from '../src/auth/scopes.js';
import { Metrics } from '../src/metrics/metrics.js';
import { committedDocument, DocumentedResponses } from './documented-responses.js';
import { pointAtSandbox } from '../src/sandbox/sandbox-environment.js';
import { boot } from '../src/server/boot.js';
import { listen } from '../src/server/listen.js';
import { readArchiveSettings } from '../src/settings/archive-settings.js';
import { readSecuritySettings } from '../src/settings/security-settings.js';

/** The key of the demo's only client. */
export const KEY = 'canary-key-of-the-shop';

/** An entry of `DEMO_API_KEYS`. */
export function keyEntry(name: string, key: string, scopes: readonly Scope[] = SCOPES): string {
  return `${name}:${scopes.join('+')}:${sha256Of(key).toString('hex')}`;
}

/** What `DEMO_API_KEYS` says about {@link KEY}. */
export const KEYS = keyEntry('shop/till', KEY);

/** A line of the audit file. */
export interface AuditEntry {
  readonly at: string;
  readonly event: string;
  readonly tenant?: string;
  readonly key?: string;
  readonly order: string;
  readonly photo?: string;
  readonly reason?: string;
  readonly outcome: string;
}

/** The demo as main.ts makes it, the vendor being a sandbox. */
export interface ServedDemo {
  readonly sandbox: KycSandbox;
  readonly url: string;
  /** Where Prometheus fetches metrics; undefined without them. */
  readonly metricsUrl: string | undefined;
  /** Every line it has logged, at any level. */
  readonly logged: readonly string[];
  readonly auditFile: string;
  /** The services of the application. */
  readonly app: Pick<NestFastifyApplication, 'get'>;
  /** The lines of the audit file. */
  audited(): AuditEntry[];
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

const documented = new DocumentedResponses(committedDocument());

/** Send a request, and see that the response is as the OpenAPI document describes it. */
async function send(url: string, init: RequestInit & { readonly method: string }): Promise<Response> {
  const response = await fetch(url, init);
  await documented.check(init.method, url, response.clone());
  return response;
}

/** How a demo differs from one in which {@link KEY} may do everything. */
export interface DemoSettings {
  /** How long a call may take; longer than any machine needs by default. */
  readonly timeoutMs?: number;
  /** Variables of the demo. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it has metrics. */
  readonly hasMetrics?: boolean;
}

/** @param prepare is called before the demo starts, which then does not wait for its credentials */
export async function serveDemo(
  options: KycSandboxOptions = {},
  prepare?: (sandbox: KycSandbox) => void,
  { timeoutMs = 60_000, env = {}, hasMetrics = false }: DemoSettings = {},
): Promise<ServedDemo> {
  const sandbox = await KycSandbox.start(options);
  prepare?.(sandbox);
  pointAtSandbox(process.env, sandbox);
  process.env['BANKCARD_OCR_TIMEOUT_MS'] = String(timeoutMs);

  const logged: string[] = [];
  const log = (...line: unknown[]): void => void logged.push(line.join(' '));
  const logger: LoggerService = { log, error: log, warn: log, debug: log, verbose: log, fatal: log };
  const folder = mkdtempSync(path.join(tmpdir(), 'served-demo-'));
  const variables = {
    DEMO_API_KEYS: KEYS,
    DEMO_AUDIT_FILE: path.join(folder, 'audit.jsonl'),
    DEMO_AUDIT_KEY: 'a1'.repeat(32),
    ...env,
  };
  const { settings, faults } = readSecuritySettings(variables);
  const archive = readArchiveSettings(variables);
  const { auditFile } = settings;
  const app = await boot({
    ...settings,
    archive: archive.settings,
    logger,
    faults: [...faults, ...archive.faults],
    ...(hasMetrics && { metrics: { port: 0, host: '127.0.0.1' } }),
  });
  const url = await listen(app, { port: 0, host: '127.0.0.1' });
  if (!prepare) await app.get(TicketService).getCredentials();
  const get = (path: string, headers: Record<string, string> = { 'x-api-key': KEY }) => {
    return send(url + path, { method: 'GET', headers });
  };
  return {
    sandbox,
    url,
    metricsUrl: app.get(Metrics).url,
    logged,
    auditFile,
    app,
    audited: () => {
      const lines = readFileSync(auditFile, 'utf8').split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as AuditEntry);
    },
    get,
    json: async (path) => (await get(path)).json(),
    post: (path, body, headers = { 'x-api-key': KEY }) => {
      return send(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    },
    upload: (path, form, headers = { 'x-api-key': KEY }) => send(url + path, { method: 'POST', headers, body: form }),
    drain: () => app.close(),
    close: async () => {
      sandbox.clearFaults();
      await app.close();
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
