import { inspect } from 'node:util';
import { MemoryTicketStore } from '../credentials/store/memory-ticket.store.js';
import { SecretText } from '../runtime/secret-text.js';
import { concealSecrets, revealSecrets } from './concealed-options.js';

const GIVEN = {
  appId: 'IDA00001',
  secret: 'canary-secret',
  storeEncryptionKey: 'canary-key',
  proxy: 'http://user:canary-password@proxy:3128',
  ticketStore: 'redis://user:canary-password@host/0',
  timeoutMs: 1_000,
};

describe('options that are kept', () => {
  it('have no secret in clear, and are otherwise what they were', () => {
    const concealed = concealSecrets(GIVEN);
    expect(inspect(concealed) + JSON.stringify(concealed) + inspect(structuredClone(concealed))).not.toContain(
      'canary',
    );
    expect(concealed).toMatchObject({ appId: 'IDA00001', timeoutMs: 1_000 });
    expect(revealSecrets(concealed)).toEqual(GIVEN);
  });

  it('keep a store that is handed in, and what is missing or wrong', () => {
    const ticketStore = new MemoryTicketStore();
    const given = { appId: 'a', secret: 5 as unknown as string, ticketStore, storeEncryptionKey: undefined };
    expect(concealSecrets(given)).toEqual(given);
    expect(concealSecrets(given).ticketStore).toBe(ticketStore);
    expect(revealSecrets(given)).toEqual(given);
  });

  it('may have been given as secret texts', () => {
    const secret = new SecretText('canary-secret');
    expect(concealSecrets({ appId: 'a', secret }).secret).toBe(secret);
    expect(revealSecrets({ appId: 'a', secret })).toEqual({ appId: 'a', secret: 'canary-secret' });
  });

  it('may have been given as secret texts of another copy of the library', () => {
    jest.isolateModules(() => {
      const other =
        jest.requireActual<typeof import('../runtime/secret-text.js')>('../runtime/secret-text.js').SecretText;
      const secret = new other('canary-secret');
      expect(secret).not.toBeInstanceOf(SecretText);
      expect(revealSecrets({ appId: 'a', secret })).toEqual({ appId: 'a', secret: 'canary-secret' });
    });
  });

  it('are missing from a copy that was made property by property', () => {
    const secret = Object.assign(Object.create(SecretText.prototype) as SecretText, { ...new SecretText('canary') });
    expect(revealSecrets({ appId: 'a', secret })).toEqual({ appId: 'a', secret: undefined });
  });
});
