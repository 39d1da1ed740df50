import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { OrderHash } from '../../apps/demo-api/src/audit/audit-trail.js';
import { readApiKeys } from '../../apps/demo-api/src/auth/read-api-keys.js';
import { SCOPES } from '../../apps/demo-api/src/auth/scopes.js';
import { readSecuritySettings } from '../../apps/demo-api/src/settings/security-settings.js';
import { VARIABLES } from '../../apps/demo-api/src/settings/variables.js';
import { readPage, ROOT } from '../support/readme-pages.js';
import { shellBlocksOf } from '../support/shell-blocks.js';

const PAGES = ['docs/demo.md', 'docs/demo.zh-CN.md'];
const NONE = /^(?:none|无)(?:, required|，必填)?$/;
const SOURCES = path.join(ROOT, 'apps/demo-api/src');

/** The rows of a table that begin with a variable. */
function rowsOf(page: string): (readonly [name: string, byDefault: string])[] {
  return [...page.matchAll(/^\| `(?<name>[A-Z_]+)` \| (?<byDefault>[^|]+) \|/gm)].map(({ groups }) => {
    return [groups?.['name'] ?? '', groups?.['byDefault'] ?? ''] as const;
  });
}

describe.each(PAGES)('%s', (name) => {
  const page = readPage(name);

  it('has every variable of the demo with its default, and says which are required', () => {
    const { faults } = readSecuritySettings({});
    for (const [variable, byDefault] of rowsOf(page)) {
      const value = VARIABLES[variable as keyof typeof VARIABLES];
      expect([variable, NONE.test(byDefault) ? undefined : byDefault]).toEqual([variable, value && `\`${value}\``]);
      const isMissing = faults.some((fault) => fault.startsWith(`${variable}: is missing`));
      expect([variable, /required|必填/.test(byDefault)]).toEqual([variable, isMissing]);
    }
    expect(rowsOf(page).map(([variable]) => variable)).toEqual(Object.keys(VARIABLES));
  });

  it('names every scope', () => {
    for (const scope of SCOPES) expect(page).toContain(`\`${scope}\``);
  });

  it('has a key that works, and the hash that finds an order in the audit file', () => {
    const [keys = '', hash = ''] = shellBlocksOf(page).map(({ code }) => code);
    const shell = (script: string, env: object = {}) => {
      return spawnSync('bash', ['-c', script], { encoding: 'utf8', env: { ...process.env, ...env } }).stdout.trim();
    };
    const [key = '', entry] = shell(`${keys}\nprintf '%s\\n' "$DEMO_API_KEY" "$DEMO_API_KEYS"`).split('\n');
    const { apiKeys, faults } = readApiKeys(entry);
    expect(faults).toEqual([]);
    expect(apiKeys.find(key)).toMatchObject({ tenant: 'shop', scopes: new Set(['cards:read', 'photos:read']) });
    const DEMO_AUDIT_KEY = 'a1'.repeat(32);
    const printed = shell(hash, { ORDER_NO: 'order1', DEMO_AUDIT_KEY });
    expect(printed).toContain(new OrderHash(Buffer.from(DEMO_AUDIT_KEY, 'hex')).of('order1'));
  });
});

it('no code of the demo reads a variable that the pages do not have', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(?<!\.spec)\.ts$/.test(file),
  );
  const named = new Set(
    files.flatMap(
      (file) => readFileSync(path.join(SOURCES, file), 'utf8').match(/\bDEMO_[A-Z_]+\b|(?<=env\[')\w+(?='\])/g) ?? [],
    ),
  );
  const known = new Set([...Object.keys(VARIABLES), 'NODE_ENV', 'DEMO_API_KEY']);
  expect([...named].filter((name) => !known.has(name) && !name.startsWith('BANKCARD_OCR_'))).toEqual([]);
  expect(named.size).toBeGreaterThan(10);
});
