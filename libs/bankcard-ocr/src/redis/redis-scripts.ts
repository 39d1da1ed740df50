/**
 * What runs inside Redis, each script as one step that nothing can come between. Redis 5 or newer: scripts that ask for
 * the time and then write.
 *
 * Scripts that change something get a last moment, by the clock of Redis: a command that was held up on its way is not
 * carried out after its caller has given up.
 */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;
const UNLESS_LATE = `${NOW}
if now > tonumber(ARGV[1]) then return 'late' end
`;

/** KEYS: any of the app id, so that the node that keeps it answers. Gives the time in ms. */
export const TIME = `${NOW}
return now
`;

/** KEYS: record. Gives the time in ms and the record's text. */
export const READ = `${NOW}
return { now, redis.call('HGET', KEYS[1], 'record') }
`;

/**
 * KEYS: record, lease. ARGV: last moment, write id that was read or '', write id, record, revision, channel, lease id or ''.
 * A lease that has gone by itself, e.g. because Redis was emptied, does not forbid the write: the write id decides.
 */
export const SWAP = `${UNLESS_LATE}
local holder = redis.call('GET', KEYS[2])
if ARGV[7] ~= '' and holder and holder ~= ARGV[7] then return 'fenced' end
if (redis.call('HGET', KEYS[1], 'write_id') or '') ~= ARGV[2] then return 'fenced' end
redis.call('HSET', KEYS[1], 'write_id', ARGV[3], 'record', ARGV[4])
redis.call('PUBLISH', ARGV[6], ARGV[5])
return 'done'
`;

/** KEYS: record, damaged. ARGV: last moment, the text that cannot be read. */
export const SET_ASIDE = `${UNLESS_LATE}
if redis.call('HGET', KEYS[1], 'record') ~= ARGV[2] then return 'fenced' end
redis.call('RENAME', KEYS[1], KEYS[2])
redis.call('PEXPIRE', KEYS[2], 86400000)
return 'done'
`;

/** KEYS: lease. ARGV: last moment, lease id, life in ms. */
export const TAKE_LEASE = `${UNLESS_LATE}
if redis.call('SET', KEYS[1], ARGV[2], 'NX', 'PX', ARGV[3]) then return 'done' end
return 'fenced'
`;

/** KEYS: lease. ARGV: last moment, lease id, life in ms. A lease that Redis has lost is taken again. */
export const RENEW_LEASE = `${UNLESS_LATE}
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[2] then return 'fenced' end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 'done'
`;

/** KEYS: lease. ARGV: last moment, lease id. */
export const RELEASE_LEASE = `${UNLESS_LATE}
if redis.call('GET', KEYS[1]) == ARGV[2] then redis.call('DEL', KEYS[1]) end
return 'done'
`;

/** KEYS: one that nobody uses. ARGV: last moment. Changes nothing, but is refused to whoever may not write. */
export const TRY_TO_WRITE = `${UNLESS_LATE}
redis.call('PEXPIRE', KEYS[1], 1)
return 'done'
`;
