import type { Redis } from 'ioredis';
import { aRecord } from '../../libs/bankcard-ocr/src/credentials/store/ticket-store.contract.test-support.js';

const whole = (change: object = {}): string => JSON.stringify({ ...aRecord(1), ...change });
const notUtf8 = (text: string): Buffer =>
  Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.from([0xff, 0xfe]), Buffer.from(text.slice(-2))]);

/** Puts something under a key. */
export type Spoil = (redis: Redis, key: string) => Promise<unknown>;

/** What may stand where the record should, and is none that anybody could write over. */
export const BROKEN_RECORDS: readonly (readonly [what: string, put: Spoil])[] = [
  ['a write id without a record', (redis, key) => redis.hset(key, 'write_id', 'x')],
  ['a record without a write id', (redis, key) => redis.hset(key, 'record', whole())],
  ['a write id that is not the one of the record', (redis, key) => redis.hset(key, 'record', whole(), 'write_id', 'x')],
  ['a write id that is no UTF-8', (redis, key) => redis.hset(key, 'record', whole(), 'write_id', Buffer.from([0xff]))],
  [
    'a write id that is no UTF-8 and the record quotes as a client shows it',
    (redis, key) => redis.hset(key, 'record', whole({ writeId: '\ufffd' }), 'write_id', Buffer.from([0xff])),
  ],
  ['empty texts', (redis, key) => redis.hset(key, 'record', '', 'write_id', '')],
  ['no JSON', (redis, key) => redis.hset(key, 'record', '{"format":1', 'write_id', 'x')],
  ['JSON that is no record', (redis, key) => redis.hset(key, 'record', '[]', 'write_id', 'x')],
  [
    'a record with bytes that are no UTF-8',
    (redis, key) => redis.hset(key, 'record', notUtf8(whole({ secretFingerprint: 'f' })), 'write_id', 'write-1'),
  ],
  [
    'the revision 2^53-1',
    (redis, key) => redis.hset(key, 'record', whole({ revision: 2 ** 53 - 1 }), 'write_id', 'write-1'),
  ],
  [
    'the revision 1e999',
    (redis, key) =>
      redis.hset(key, 'record', whole().replace('"revision":1', '"revision":1e999'), 'write_id', 'write-1'),
  ],
  [
    'a revision that is a text',
    (redis, key) => redis.hset(key, 'record', whole({ revision: '1' }), 'write_id', 'write-1'),
  ],
  [
    'a generation 2^53-1',
    (redis, key) =>
      redis.hset(
        key,
        'record',
        whole({ current: { ...aRecord(1).current, number: 2 ** 53 - 1 } }),
        'write_id',
        'write-1',
      ),
  ],
  [
    'a record of a megabyte',
    (redis, key) => redis.hset(key, 'record', whole({ more: 'x'.repeat(1_000_000) }), 'write_id', 'write-1'),
  ],
  ['a text', (redis, key) => redis.set(key, whole())],
  ['a list', (redis, key) => redis.rpush(key, whole())],
  ['a set', (redis, key) => redis.sadd(key, whole())],
  ['a stream', (redis, key) => redis.xadd(key, '*', 'record', whole())],
];

/** What may stand where the lease should, and nobody would ever release. */
export const BROKEN_LEASES: readonly (readonly [what: string, put: Spoil])[] = [
  ['a text that does not expire', (redis, key) => redis.set(key, 'x')],
  ['a hash', (redis, key) => redis.hset(key, 'x', 'y')],
  ['a list', (redis, key) => redis.rpush(key, 'x')],
  [
    'a hash that expires',
    async (redis, key) => {
      await redis.hset(key, 'x', 'y');
      await redis.expire(key, 60);
    },
  ],
];
