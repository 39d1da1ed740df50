import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256Of } from '../auth/api-keys.js';
import { SCOPES } from '../auth/scopes.js';
import { type ArchiveSettings, readArchiveSettings } from '../settings/archive-settings.js';
import { createAuditKey, readSecuritySettings, type SecuritySettings } from '../settings/security-settings.js';
import type { Environment } from '../settings/variables.js';

/** The key of the sandbox start, which everybody knows: it opens invented cards, to this machine only. */
export const SANDBOX_KEY = 'sandbox-key';

/** How the sandbox start is protected: as the real one, with something for every variable that is not set. */
export interface SandboxSecurity {
  readonly settings: SecuritySettings & { readonly archive: ArchiveSettings | undefined };
  readonly faults: readonly string[];
  /** Whether `DEMO_API_KEYS` takes the place of {@link SANDBOX_KEY}. */
  readonly hasOwnKeys: boolean;
  /** Remove what was made for the start. */
  clear(): void;
}

/**
 * Read the settings of security for the sandbox start. No Redis: what is invented must not get into a real one. The archive is
 * a new one, which goes with the start, unless the environment names one.
 */
export function sandboxSecurity(env: Environment): SandboxSecurity {
  const hasOwnKeys = Boolean(env['DEMO_API_KEYS']?.trim());
  const folder = mkdtempSync(path.join(tmpdir(), 'demo-api-'));
  const security = readSecuritySettings({
    ...env,
    DEMO_REDIS_URL: undefined,
    DEMO_API_KEYS: hasOwnKeys ? env['DEMO_API_KEYS'] : entryOfSandboxKey(),
    DEMO_AUDIT_FILE: env['DEMO_AUDIT_FILE']?.trim() || path.join(folder, 'audit.jsonl'),
    DEMO_AUDIT_KEY: env['DEMO_AUDIT_KEY']?.trim() || createAuditKey(),
    DEMO_DOCS: env['DEMO_DOCS']?.trim() || 'on',
  });
  const named = readArchiveSettings(env);
  const archive = named.settings ?? {
    directory: path.join(folder, 'archive'),
    keysDirectory: path.join(folder, 'archive-keys'),
    wrappingKeys: { sandbox: randomBytes(32).toString('base64') },
    current: 'sandbox',
  };
  return {
    settings: { ...security.settings, archive },
    faults: [...security.faults, ...named.faults],
    hasOwnKeys,
    clear: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function entryOfSandboxKey(): string {
  return `sandbox/everything:${SCOPES.join('+')}:${sha256Of(SANDBOX_KEY).toString('hex')}`;
}
