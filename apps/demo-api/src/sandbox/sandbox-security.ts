import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256Of } from '../auth/api-keys.js';
import { SCOPES } from '../auth/scopes.js';
import { createAuditKey, readSecuritySettings, type SecuritySettings } from '../settings/security-settings.js';
import type { Environment } from '../settings/variables.js';

/** The key of the sandbox start, which everybody knows: it opens invented cards, to this machine only. */
export const SANDBOX_KEY = 'sandbox-key';

/** How the sandbox start is protected: as the real one, with something for every variable that is not set. */
export interface SandboxSecurity {
  readonly settings: SecuritySettings;
  readonly faults: readonly string[];
  /** Whether `DEMO_API_KEYS` takes the place of {@link SANDBOX_KEY}. */
  readonly hasOwnKeys: boolean;
  /** Remove what was made for the start. */
  clear(): void;
}

/** Read the settings of security for the sandbox start. No Redis: what is invented must not get into a real one. */
export function sandboxSecurity(env: Environment): SandboxSecurity {
  const hasOwnKeys = Boolean(env['DEMO_API_KEYS']?.trim());
  const folder = env['DEMO_AUDIT_FILE']?.trim() ? undefined : mkdtempSync(path.join(tmpdir(), 'demo-api-'));
  const { settings, faults } = readSecuritySettings({
    ...env,
    DEMO_REDIS_URL: undefined,
    DEMO_API_KEYS: hasOwnKeys ? env['DEMO_API_KEYS'] : entryOfSandboxKey(),
    DEMO_AUDIT_FILE: folder === undefined ? env['DEMO_AUDIT_FILE'] : path.join(folder, 'audit.jsonl'),
    DEMO_AUDIT_KEY: env['DEMO_AUDIT_KEY']?.trim() || createAuditKey(),
    DEMO_DOCS: env['DEMO_DOCS']?.trim() || 'on',
  });
  const clear = (): void => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
  return { settings, faults, hasOwnKeys, clear };
}

function entryOfSandboxKey(): string {
  return `sandbox/everything:${SCOPES.join('+')}:${sha256Of(SANDBOX_KEY).toString('hex')}`;
}
