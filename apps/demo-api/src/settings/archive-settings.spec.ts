import { readArchiveSettings } from './archive-settings.js';

const KEY = Buffer.alloc(32, 1).toString('base64');
const GOOD = {
  DEMO_ARCHIVE_DIRECTORY: '/var/lib/archive',
  DEMO_ARCHIVE_KEYS_DIRECTORY: '/var/lib/archive-keys',
  DEMO_ARCHIVE_WRAPPING_KEYS: `k2026:${KEY}`,
};

describe('readArchiveSettings', () => {
  it('has no archive without its variables, empty ones included', () => {
    const none = { settings: undefined, faults: [] };
    expect(readArchiveSettings({})).toEqual(none);
    expect(readArchiveSettings({ DEMO_ARCHIVE_DIRECTORY: '', DEMO_ARCHIVE_WRAPPING_KEYS: ' ' })).toEqual(none);
  });

  it('takes several wrapping keys, the last of which wraps new keys', () => {
    const other = Buffer.alloc(32, 2).toString('base64');
    const { settings, faults } = readArchiveSettings({
      ...GOOD,
      DEMO_ARCHIVE_WRAPPING_KEYS: `k2026:${KEY}, k2027:${other}`,
    });
    expect(faults).toEqual([]);
    expect(settings).toEqual({
      directory: '/var/lib/archive',
      keysDirectory: '/var/lib/archive-keys',
      wrappingKeys: { k2026: KEY, k2027: other },
      current: 'k2027',
    });
  });

  it.each([
    ['one without the others', { ...GOOD, DEMO_ARCHIVE_KEYS_DIRECTORY: '' }, 'DEMO_ARCHIVE_KEYS_DIRECTORY: is missing'],
    ['no key', { ...GOOD, DEMO_ARCHIVE_WRAPPING_KEYS: '' }, 'DEMO_ARCHIVE_WRAPPING_KEYS: is missing'],
    ['a relative path', { ...GOOD, DEMO_ARCHIVE_DIRECTORY: 'archive' }, 'DEMO_ARCHIVE_DIRECTORY: must be an absolute'],
    ['one directory', { ...GOOD, DEMO_ARCHIVE_KEYS_DIRECTORY: '/var/lib/archive/' }, 'must be neither'],
    ['keys in the archive', { ...GOOD, DEMO_ARCHIVE_KEYS_DIRECTORY: '/var/lib/archive/keys' }, 'must be neither'],
    ['the archive in the keys', { ...GOOD, DEMO_ARCHIVE_KEYS_DIRECTORY: '/var/lib' }, 'must be neither'],
    ['a key without a name', { ...GOOD, DEMO_ARCHIVE_WRAPPING_KEYS: KEY }, 'name:key'],
    ['a short key', { ...GOOD, DEMO_ARCHIVE_WRAPPING_KEYS: 'k1:c2hvcnQ=' }, 'name:key'],
    ['a name twice', { ...GOOD, DEMO_ARCHIVE_WRAPPING_KEYS: `k1:${KEY},k1:${KEY}` }, 'name:key'],
  ])('refuses %s, and repeats no value', (_what, env, message) => {
    const { faults } = readArchiveSettings(env);
    expect(faults).toEqual([expect.stringContaining(message)]);
    expect(faults.join()).not.toContain(KEY);
    expect(faults.join()).not.toContain('/var/lib');
  });
});
