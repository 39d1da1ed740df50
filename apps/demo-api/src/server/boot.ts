import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { isBankCardOcrError } from 'nestjs-bankcard-ocr';
import { type AppSettings, createApp } from './create-app.js';
import { access, constants, mkdir } from 'node:fs/promises';
import { AuditFile } from '../audit/audit-file.js';
import type { ArchiveSettings } from '../settings/archive-settings.js';
import { StartError } from './start-error.js';

/** What an application is made of, and what was found wrong so far. */
export interface BootSettings extends AppSettings {
  readonly faults: readonly string[];
}

/**
 * Create the application, unless something is wrong.
 *
 * @throws {@link StartError} with everything that is wrong, the library's configuration included: one restart is enough
 */
export async function boot({ faults: known, ...settings }: BootSettings): Promise<NestFastifyApplication> {
  const faults =
    known.length > 0
      ? known
      : [...(await faultsOfAuditFile(settings.auditFile)), ...(await faultsOfArchive(settings.archive))];
  const messages = faults.length === 0 ? [] : ['demo-api cannot start:', ...faults.map((fault) => `  - ${fault}`)];
  let app: NestFastifyApplication | undefined;
  try {
    app = await createApp(settings);
  } catch (error) {
    if (!isBankCardOcrError(error) || error.code !== 'CONFIGURATION') throw error;
    messages.push(error.message);
  }
  if (app && messages.length === 0) return app;
  await app?.close();
  throw new StartError(messages.join('\n'));
}

async function faultsOfAuditFile(file: string): Promise<string[]> {
  try {
    await AuditFile.check(file);
    return [];
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    return [`DEMO_AUDIT_FILE: cannot be opened for writing: ${typeof code === 'string' ? code : message}`];
  }
}

/** Before the application starts: what fails then is not said by the name of a variable. */
async function faultsOfArchive(archive: ArchiveSettings | undefined): Promise<string[]> {
  const faults: string[] = [];
  for (const [name, directory] of archive
    ? ([
        ['DEMO_ARCHIVE_DIRECTORY', archive.directory],
        ['DEMO_ARCHIVE_KEYS_DIRECTORY', archive.keysDirectory],
      ] as const)
    : []) {
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      faults.push(`${name}: cannot be written to: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`);
    }
  }
  return faults;
}
