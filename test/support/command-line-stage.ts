import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { recordFolder } from '../../libs/bankcard-ocr/src/credentials/store/folder-safety.js';
import { startApplication } from './application.js';

/** A sandbox and a file store for the command line to look at. */
export class CommandLineStage {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'doctor-'));

  private constructor(readonly sandbox: KycSandbox) {}

  static async begin(): Promise<CommandLineStage> {
    return new CommandLineStage(await KycSandbox.start());
  }

  /** The variables of a backend on them. */
  environment(change: Readonly<Record<string, string>> = {}): Record<string, string> {
    const { appId, secret, url } = this.sandbox;
    return {
      BANKCARD_OCR_APP_ID: appId,
      BANKCARD_OCR_SECRET: secret,
      BANKCARD_OCR_BASE_URL: url,
      BANKCARD_OCR_TICKET_STORE: `file:${this.directory}`,
      ...change,
    };
  }

  /** A backend runs on the store, fetches credentials, and ends. */
  async runBackend(): Promise<void> {
    const { application, tickets } = await startApplication(this.sandbox, { ticketStore: `file:${this.directory}` });
    await tickets.getCredentials();
    await application.close();
  }

  /** The file of the newest record. */
  get recordFile(): string {
    const folder = recordFolder(this.directory, this.sandbox.appId);
    const name = readdirSync(folder).findLast((entry) => entry.startsWith('record'));
    return path.join(folder, name ?? 'none');
  }

  async end(): Promise<void> {
    await this.sandbox.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
