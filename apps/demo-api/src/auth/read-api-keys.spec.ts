import { execFileSync } from 'node:child_process';
import { nameOf, sha256Of } from './api-keys.js';
import { readApiKeys } from './read-api-keys.js';

const hash = (key: string): string => sha256Of(key).toString('hex');
const entry = (name: string, key: string, scopes = 'cards:read'): string => `${name}:${scopes}:${hash(key)}`;

describe('readApiKeys', () => {
  it('finds the tenant and the scopes of a key', () => {
    const text = ` ${entry('shop/till', 'one', 'cards:read+photos:read')}, bank/till-2:ops:${hash('two').toUpperCase()} ,`;
    const { apiKeys, faults } = readApiKeys(text);
    expect(faults).toEqual([]);
    expect(apiKeys.find('one')).toMatchObject({
      tenant: 'shop',
      id: 'till',
      scopes: new Set(['cards:read', 'photos:read']),
    });
    expect(apiKeys.find('two')).toMatchObject({ tenant: 'bank', id: 'till-2', scopes: new Set(['ops']) });
  });

  it.each(['', 'shop', 'shop/till', 'one ', 'ONE', hash('one'), 'x'.repeat(99), 'one\0', 'x'.repeat(1_000_000)])(
    'finds no key for number %#',
    (key) => {
      expect(readApiKeys(entry('shop/till', 'one')).apiKeys.find(key)).toBeUndefined();
    },
  );

  it('takes the hash that the shell makes', () => {
    const digest = execFileSync('sh', ['-c', `printf %s 'my-key' | sha256sum | cut -d ' ' -f 1`], { encoding: 'utf8' });
    const { apiKeys, faults } = readApiKeys(`shop/till:cards:read:${digest}`);
    expect(faults).toEqual([]);
    expect(apiKeys.find('my-key')).toBeDefined();
  });

  it('finds the last of a thousand keys', () => {
    const entries = Array.from({ length: 1_000 }, (_, index) => entry(`shop/${index}`, `key ${index}`));
    const { apiKeys, faults } = readApiKeys(entries.join(','));
    expect(faults).toEqual([]);
    expect(nameOf(apiKeys.find('key 999') ?? { tenant: '', id: '' })).toBe('shop/999');
    expect(readApiKeys([...entries, entry('shop/1000', 'key 1000')].join(',')).faults).toEqual([
      'DEMO_API_KEYS: has more than 1000 keys; keep them in a database instead',
    ]);
  });

  it.each([
    [undefined, /is missing; .*openssl rand -hex 32.*sha256sum/],
    ['', /is missing/],
    [' , ', /is missing/],
    ['my-key', /entry 1 is not a tenant, an id, scopes and a SHA-256; .*sha256sum/],
    [`shop:${hash('a')}`, /entry 1 is not a tenant, an id, scopes and a SHA-256/],
    [`shop/till:${hash('a')}`, /entry 1 is not a tenant, an id, scopes and a SHA-256/],
    [`/till:cards:read:${hash('a')}`, /entry 1/],
    [`${entry('shop/till', 'a')}0`, /entry 1/],
    [`${entry('shop/till', 'a')},shop/b:ops:${hash('b').slice(1)}`, /entry 2/],
    [entry('shop/till', 'a', 'cards:write'), /entry 1 has a scope that does not exist; the scopes are cards:read, /],
    [entry('shop/till', 'a', 'cards:read+'), /entry 1 has a scope that does not exist/],
    [`${entry('shop/till', 'a')},${entry('shop/till', 'b')}`, /entry 2 repeats a tenant and id/],
    [`${entry('shop/till', 'a')},${entry('bank/till', 'a')}`, /entry 2 repeats a hash/],
    [entry('shop/till', ''), /empty key/],
  ])('%p is a fault that says how to fix it, and repeats no value', (text, fault) => {
    const { apiKeys, faults } = readApiKeys(text);
    expect(faults).toEqual([expect.stringMatching(fault)]);
    expect(faults[0]).toMatch(/^DEMO_API_KEYS: /);
    for (const value of ['my-key', 'till', hash('a'), hash('b')]) expect(faults[0]).not.toContain(value);
    expect(apiKeys.find('a')).toBeUndefined();
  });
});
