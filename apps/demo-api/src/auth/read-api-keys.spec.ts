import { sha256Of } from './api-keys.js';
import { readApiKeys } from './read-api-keys.js';

const hash = (key: string): string => sha256Of(key).toString('hex');

describe('readApiKeys', () => {
  it('knows whose key it is given', () => {
    const { apiKeys, faults } = readApiKeys(` shop:${hash('shop-key')}, till-2:${hash('till-key').toUpperCase()} ,`);
    expect(faults).toEqual([]);
    expect(apiKeys.nameOf('shop-key')).toBe('shop');
    expect(apiKeys.nameOf('till-key')).toBe('till-2');
  });

  it.each(['', 'shop', 'shop-key ', 'SHOP-KEY', hash('shop-key'), 'x'.repeat(99)])('lets %p not in', (key) => {
    expect(readApiKeys(`shop:${hash('shop-key')}`).apiKeys.nameOf(key)).toBeUndefined();
  });

  it('takes the hash that the shell makes', () => {
    // printf %s 'my-key' | sha256sum
    const { apiKeys } = readApiKeys('shop:5e78863ed1ffb9fc66b1d61634b126bf8eb20267e7996297eeeb9b19c8c0f732');
    expect(apiKeys.nameOf('my-key')).toBe('shop');
  });

  it.each([
    [undefined, /is missing; .*printf %s 'my-key' \| sha256sum/],
    ['', /is missing/],
    [' , ', /is missing/],
    ['my-key', /entry 1 is not a name and a SHA-256; .*sha256sum/],
    ['shop:my-key', /entry 1 is not a name and a SHA-256/],
    [`:${hash('a')}`, /entry 1/],
    [`shop:${hash('a')}0`, /entry 1/],
    [`shop:${hash('a')},till:${hash('b').slice(1)}`, /entry 2/],
    [`shop:${hash('a')},shop:${hash('b')}`, /entry 2 repeats a name/],
    [`shop:${hash('')}`, /empty key/],
  ])('%p is a fault that says how to mend it, and repeats no value', (text, fault) => {
    const { apiKeys, faults } = readApiKeys(text);
    expect(faults).toEqual([expect.stringMatching(fault)]);
    expect(faults[0]).toMatch(/^DEMO_API_KEYS: /);
    if (text?.includes(':')) expect(faults[0]).not.toContain(text.slice(0, 20));
    expect(apiKeys.nameOf('a')).toBeUndefined();
  });
});
