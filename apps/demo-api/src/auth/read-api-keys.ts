import { type ApiKey, ApiKeys, sha256Of } from './api-keys.js';

const HOW_TO = "write name:hash,…; the hash of a key comes from: printf %s 'my-key' | sha256sum";
const ENTRY = /^(?<name>[\w.-]{1,64}):(?<hash>[0-9a-f]{64})$/i;
const HASH_OF_NOTHING = sha256Of('');

/**
 * Read `DEMO_API_KEYS`, e.g. `shop:9f86d0…,till:60303a…`.
 *
 * @returns the keys, none while there are faults; the faults never repeat a value
 */
export function readApiKeys(text: string | undefined): { apiKeys: ApiKeys; faults: string[] } {
  const entries = (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length === 0) return { apiKeys: new ApiKeys([]), faults: [`DEMO_API_KEYS: is missing; ${HOW_TO}`] };

  const keys = new Map<string, ApiKey>();
  const faults: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const { name, hash } = ENTRY.exec(entry)?.groups ?? {};
    const sha256 = hash === undefined ? undefined : Buffer.from(hash, 'hex');
    const say = (fault: string) => faults.push(`DEMO_API_KEYS: entry ${index + 1} ${fault}`);
    if (name === undefined || sha256 === undefined) say(`is not a name and a SHA-256; ${HOW_TO}`);
    else if (sha256.equals(HASH_OF_NOTHING)) say(`is the hash of an empty key; ${HOW_TO}`);
    else if (keys.has(name)) say('repeats a name; give every client its own');
    else keys.set(name, { name, sha256 });
  }
  return { apiKeys: new ApiKeys(faults.length === 0 ? [...keys.values()] : []), faults };
}
