import { type ApiKey, ApiKeys, nameOf, sha256Of } from './api-keys.js';
import { type Scope, SCOPES } from './scopes.js';

const HOW_TO =
  'write tenant/id:scope+scope:hash,…; a key comes from: openssl rand -hex 32, its hash from: printf %s "$KEY" | sha256sum';
const ENTRY = /^(?<tenant>[\w.-]{1,64})\/(?<id>[\w.-]{1,64}):(?<scopes>[a-z:+]{1,256}):(?<hash>[0-9a-f]{64})$/i;
const HASH_OF_NOTHING = sha256Of('');
/** Every request is compared with each of them. */
const MOST_KEYS = 1_000;

/**
 * Read `DEMO_API_KEYS`, e.g. `shop/till:cards:read+photos:read:9f86d0…,bank/nightly:cards:read:60303a…`.
 *
 * @returns the keys, none while there are faults; the faults never repeat a value
 */
export function readApiKeys(text: string | undefined): { apiKeys: ApiKeys; faults: string[] } {
  const entries = (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const faults: string[] = [];
  const keys: ApiKey[] = [];
  if (entries.length === 0) faults.push(`is missing; ${HOW_TO}`);
  if (entries.length > MOST_KEYS) faults.push(`has more than ${MOST_KEYS} keys; keep them in a database instead`);
  else {
    const names = new Set<string>();
    const hashes = new Set<string>();
    for (const [index, entry] of entries.entries()) {
      const key = parse(entry);
      const fault = typeof key === 'string' ? key : repetition(key, names, hashes);
      if (fault !== undefined) faults.push(`entry ${index + 1} ${fault}`);
      else keys.push(key as ApiKey);
    }
  }
  const apiKeys = new ApiKeys(faults.length === 0 ? keys : []);
  return { apiKeys, faults: faults.map((fault) => `DEMO_API_KEYS: ${fault}`) };
}

/** A key, or what is wrong. */
function parse(entry: string): ApiKey | string {
  const { tenant, id, scopes: listed, hash } = ENTRY.exec(entry)?.groups ?? {};
  if (tenant === undefined || id === undefined || listed === undefined || hash === undefined) {
    return `is not a tenant, an id, scopes and a SHA-256; ${HOW_TO}`;
  }
  const sha256 = Buffer.from(hash, 'hex');
  if (sha256.equals(HASH_OF_NOTHING)) return `is the hash of an empty key; ${HOW_TO}`;
  const scopes = new Set<Scope>();
  for (const name of listed.split('+')) {
    const scope = SCOPES.find((known) => known === name);
    if (scope === undefined) return `has a scope that does not exist; the scopes are ${SCOPES.join(', ')}`;
    scopes.add(scope);
  }
  return { tenant, id, scopes, sha256 };
}

function repetition(key: ApiKey, names: Set<string>, hashes: Set<string>): string | undefined {
  const name = nameOf(key);
  const hash = key.sha256.toString('hex');
  if (names.has(name)) return 'repeats a tenant and id; give every key its own id';
  if (hashes.has(hash)) return 'repeats a hash; give every client a key of its own';
  names.add(name);
  hashes.add(hash);
  return undefined;
}
