import { FileKeyStore } from './key-store.js';

describe('FileKeyStore', () => {
  const made = (key: string) => () => new FileKeyStore({ directory: '/nowhere', wrappingKeys: { k2026: key } });

  it('tells a wrapping key that is not set from one that is wrong', () => {
    const drops = 'or the validate function of ConfigModule drops it';
    expect(made('')).toThrow(`the wrapping key 'k2026' is empty: its variable is not set, ${drops}`);
    expect(made('c2hvcnQ=')).toThrow("the wrapping key 'k2026' must be 32 bytes in Base64");
  });
});
