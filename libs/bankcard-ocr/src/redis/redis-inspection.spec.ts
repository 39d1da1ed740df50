import { inspectRedis } from './redis-ticket.store.js';

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
  inspectRedis({ info, ttlMs }, 'redis').findings.map(({ status, found }) => [status, found.en]);

describe('what Redis says of itself', () => {
  it('stays unknown where this user may not ask', () => {
    expect(inspectRedis({ info: '', ttlMs: -1 }, 'redis')).toEqual({ version: undefined, findings: [] });
  });

  it('is read from INFO and PTTL, and becomes findings', () => {
    const { version, findings } = inspectRedis({ info: INFO, ttlMs: 5_000 }, 'redis');
    expect(version).toBe('7.0.15');
    expect(findings.map(({ facts }) => facts)).toEqual([undefined, { evicts: true }, { recordTtlMs: 5_000 }]);
    expect(found(INFO, 5_000)).toEqual([
      ['fail', 'a replica'],
      ['warn', 'evicts keys when memory is short'],
      ['warn', 'the record expires in 5 s'],
    ]);
    expect(found('redis_version:4.0.9', -2)).toEqual([['fail', 'Redis 4.0.9']]);
  });
});
