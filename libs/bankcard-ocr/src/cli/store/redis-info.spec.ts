import { judgeRedis, readRedisInfo } from './redis-store.probe.js';

const INFO = `# Server\r
redis_version:7.0.15\r
# Memory\r
maxmemory_policy:allkeys-lru\r
# Persistence\r
aof_enabled:0\r
# Replication\r
role:slave\r
`;

const judged = (...given: Parameters<typeof judgeRedis>) =>
  judgeRedis(...given).map(({ status, found }) => [status, found.en]);

describe('what Redis says of itself', () => {
  it('is read from INFO', () => {
    const info = { version: '7.0.15', isReplica: true, evicts: true, appends: false };
    expect(readRedisInfo(INFO)).toEqual(info);
  });

  it('stays unknown where nothing is told', () => {
    expect(readRedisInfo('')).toEqual({});
    expect(judged({}, undefined, 'redis')).toEqual([]);
  });

  it('is judged', () => {
    expect(judged(readRedisInfo(INFO), 5_000, 'redis')).toEqual([
      ['fail', 'a replica'],
      ['warn', 'evicts keys when memory is short'],
      ['warn', 'the record expires in 5 s'],
      ['ok', 'keeps no log of writes (appendonly no)'],
    ]);
    expect(judged({ version: '4.0.9' }, undefined, 'redis')).toEqual([['fail', 'Redis 4.0.9']]);
  });
});
