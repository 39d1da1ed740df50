import { factFindings, readRedisFacts } from './redis-inspection.js';

const INFO = `# Server\r
redis_version:7.0.15\r
# Memory\r
maxmemory_policy:allkeys-lru\r
# Persistence\r
aof_enabled:0\r
# Replication\r
role:slave\r
`;

const found = (info: string, ttlMs: number) =>
  factFindings(readRedisFacts({ info, ttlMs }), 'redis').map(({ status, found }) => [status, found.en]);

describe('what Redis says of itself', () => {
  it('is read from INFO and PTTL', () => {
    const facts = { version: '7.0.15', isReplica: true, evicts: true, recordTtlMs: 5_000 };
    expect(readRedisFacts({ info: INFO, ttlMs: 5_000 })).toEqual(facts);
  });

  it('stays unknown where this user may not ask', () => {
    const unknown = { version: undefined, isReplica: false, evicts: false, recordTtlMs: undefined };
    expect(readRedisFacts({ info: '', ttlMs: -1 })).toEqual(unknown);
    expect(found('', -1)).toEqual([]);
  });

  it('becomes findings', () => {
    expect(found(INFO, 5_000)).toEqual([
      ['fail', 'a replica'],
      ['warn', 'evicts keys when memory is short'],
      ['warn', 'the record expires in 5 s'],
    ]);
    expect(found('redis_version:4.0.9', -2)).toEqual([['fail', 'Redis 4.0.9']]);
  });
});
