/** What Redis says of itself that matters to a ticket store; undefined is not told. */
export interface RedisInfo {
  readonly version?: string;
  readonly isReplica?: boolean;
  readonly evicts?: boolean;
  /** It keeps a log of writes. Whether it saves snapshots now and then is not told. */
  readonly appends?: boolean;
}

/** Read the answer to `INFO`. */
export function readRedisInfo(answer: string): RedisInfo {
  const fields = new Map(
    answer.split(/\r?\n/).flatMap((line): [string, string][] => {
      const [, name, value] = /^(\w{1,64}):([\w.-]{1,64})$/.exec(line) ?? [];
      return name !== undefined && value !== undefined ? [[name, value]] : [];
    }),
  );
  const policy = fields.get('maxmemory_policy');
  const role = fields.get('role');
  const appends = fields.get('aof_enabled');
  return {
    version: fields.get('redis_version'),
    isReplica: role === undefined ? undefined : role !== 'master',
    evicts: policy === undefined ? undefined : policy !== 'noeviction',
    appends: appends === undefined ? undefined : appends === '1',
  };
}
