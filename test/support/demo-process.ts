import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keyEntry } from '../../apps/demo-api/test/serve-demo.js';
import type { SandboxIdentity } from './application.js';
import { Worker } from './worker.js';

/** The key of the only client, which may do everything. */
const KEY = randomBytes(32).toString('hex');

/** The demo in a process of its own, as it is started in production; the vendor is a sandbox in another one. */
export class DemoProcess {
  readonly headers: Readonly<Record<string, string>> = { 'x-api-key': KEY };

  private constructor(
    readonly worker: Worker,
    readonly url: string,
    private readonly folder: string,
  ) {}

  /** @param env what differs: limits that no slow machine reaches, and credentials in memory */
  static async start({ appId, secret, url }: SandboxIdentity, env: Record<string, string> = {}): Promise<DemoProcess> {
    const folder = mkdtempSync(path.join(tmpdir(), 'demo-process-'));
    const worker = Worker.start('demo.worker', {
      PORT: '0',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'error',
      DEMO_API_KEYS: keyEntry('shop/till', KEY),
      DEMO_AUDIT_FILE: path.join(folder, 'audit.jsonl'),
      DEMO_AUDIT_KEY: randomBytes(32).toString('hex'),
      DEMO_RATE_LIMIT: '1000000',
      BANKCARD_OCR_APP_ID: appId,
      BANKCARD_OCR_SECRET: secret,
      BANKCARD_OCR_BASE_URL: url,
      BANKCARD_OCR_TICKET_STORE: 'memory:',
      BANKCARD_OCR_TIMEOUT_MS: '600000',
      ...env,
    });
    return new DemoProcess(worker, await worker.line('demo-api listens on '), folder);
  }

  get(route: string): Promise<Response> {
    return fetch(this.url + route, { headers: this.headers });
  }

  /** End it as a platform does. @returns the exit code, or the signal that ended it */
  async terminate(): Promise<NodeJS.Signals | number | null> {
    this.worker.process.kill('SIGTERM');
    await this.worker.exited;
    rmSync(this.folder, { recursive: true, force: true });
    return this.worker.process.signalCode ?? this.worker.process.exitCode;
  }

  async kill(): Promise<void> {
    await this.worker.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
