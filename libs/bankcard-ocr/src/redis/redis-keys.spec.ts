import { redisKeysFor } from './redis-keys.js';

/** Which part of a key decides on its node in a cluster. */
const tagOf = (key: string) => /\{([^}]*)\}/.exec(key)?.[1];

describe('the keys of an app id', () => {
  it('are these, and docs/ticket-record.md names them', () => {
    expect(redisKeysFor('IDA00001', '')).toEqual({
      record: 'bankcard-ocr:{IDA00001}:record',
      lease: 'bankcard-ocr:{IDA00001}:lease',
      damaged: 'bankcard-ocr:{IDA00001}:damaged',
      probe: 'bankcard-ocr:{IDA00001}:probe',
      channel: 'bankcard-ocr:{IDA00001}:changed',
    });
  });

  it('have the prefix of the client where the client does not put it itself', () => {
    const { channel, record } = redisKeysFor('IDA00001', 'team:');
    expect([channel, record]).toEqual(['team:bankcard-ocr:{IDA00001}:changed', 'bankcard-ocr:{IDA00001}:record']);
  });

  it('live on one node, whatever the app id is, and are those of no other app id', () => {
    const appIds = ['IDA00001', 'IDA00002', '{x}', '}x{', 'a:b', 'a%3ab', '%', '%25', 'A.b-c_d', 'x*', '~!#'];
    const all = appIds.map((appId) => redisKeysFor(appId, ''));
    for (const { record, lease, damaged, probe } of all) {
      expect(new Set([record, lease, damaged, probe].map(tagOf)).size).toBe(1);
      expect(tagOf(record)).not.toBe('');
    }
    expect(new Set(all.map(({ record }) => record)).size).toBe(appIds.length);
  });
});
