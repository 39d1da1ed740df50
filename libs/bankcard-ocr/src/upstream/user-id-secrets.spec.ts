import { userIdSecrets } from './user-id-secrets.js';

describe('what must not be seen of a user id', () => {
  it.each<[string | undefined, readonly string[]]>([
    ['user0001', ['user0001']],
    ['123456', ['123456']],
    ['12345', []],
    ['', []],
    [undefined, []],
  ])('%j: %j', (userId, secrets) => expect(userIdSecrets(userId)).toEqual(secrets));
});
