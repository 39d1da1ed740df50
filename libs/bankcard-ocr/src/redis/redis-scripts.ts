// What runs inside Redis, each script as one step that nothing can come between. Those that change something take a deadline
// by the clock of Redis: a command that was delayed on its way is not carried out after its caller has given up.

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;
const UNLESS_LATE = `${NOW}
if now > tonumber(ARGV[1]) then return 'late' end
`;

/** The id of the lease's holder, or false. A lease that is no text has no holder. */
const holderOf = (key: string): string => `
local holder = redis.pcall('GET', ${key})
if type(holder) == 'table' then
  if not string.find(holder.err, 'WRONGTYPE', 1, true) then return holder end
  holder = false
end
`;

/** KEYS: any of the app id, so that the node that keeps it responds. Returns the time in ms. */
export const TIME = `${NOW}
return now
`;

/** In bytes. What is much larger than a few kilobytes is no record, and is not sent to anybody. */
const LARGEST_RECORD = 262_144;

/** `record`, `writeId`: text or false; `seen` identifies the bytes, and is empty when the key does not exist. */
const SEE_RECORD = `
local record = redis.pcall('HGET', KEYS[1], 'record')
local writeId = redis.pcall('HGET', KEYS[1], 'write_id')
local seen = ''
if type(record) == 'table' or type(writeId) == 'table' then
  local failed = type(record) == 'table' and record or writeId
  if not string.find(failed.err, 'WRONGTYPE', 1, true) then return failed end
  record, writeId, seen = false, false, 'wrong type'
elseif #(record or '') + #(writeId or '') > ${LARGEST_RECORD} then
  seen = 'too large ' .. #(record or '') .. ' ' .. #(writeId or '')
  record, writeId = false, false
elseif record or writeId then
  seen = redis.sha1hex((writeId or '') .. '\\n' .. (record or ''))
end
`;

/** KEYS: record. Returns the time in ms, the record's text, its write id, and a value that identifies this content. */
export const READ = `${NOW}${SEE_RECORD}
return { now, record, writeId, seen }
`;

/**
 * KEYS: record, lease. ARGV: deadline, write id read or '', write id, record, lease id or ''. A lost lease forbids
 * nothing.
 */
export const SWAP = `${UNLESS_LATE}${holderOf('KEYS[2]')}
if ARGV[5] ~= '' and holder and holder ~= ARGV[5] then return 'fenced' end
if (redis.call('HGET', KEYS[1], 'write_id') or '') ~= ARGV[2] then return 'fenced' end
redis.call('HSET', KEYS[1], 'write_id', ARGV[3], 'record', ARGV[4])
return 'done'
`;

/** KEYS: record, damaged. ARGV: deadline, `seen` of what cannot be read. */
export const SET_ASIDE = `${UNLESS_LATE}${SEE_RECORD}
if seen == '' or seen ~= ARGV[2] then return 'fenced' end
redis.call('RENAME', KEYS[1], KEYS[2])
redis.call('PEXPIRE', KEYS[2], 86400000)
return 'done'
`;

/** A lease lasts for one TTL: with more than so many, the clock of Redis was set back, or no holder wrote it. */
const MOST_TTLS = 10;

/**
 * KEYS: lease. ARGV: deadline, lease id, TTL in ms. Takes or renews it, also one that Redis has lost. What never expires is no
 * lease, and is replaced. One that would last too long expires after a TTL, unless its holder renews it.
 */
export const HOLD_LEASE = `${UNLESS_LATE}${holderOf('KEYS[1]')}
local left = redis.pcall('PTTL', KEYS[1])
if type(left) ~= 'number' then left = 0 end
if holder and holder ~= ARGV[2] and left ~= -1 then
  if left > ARGV[3] * ${MOST_TTLS} then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
  return 'fenced'
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 'done'
`;

/** KEYS: lease. ARGV: deadline, lease id. */
export const RELEASE_LEASE = `${UNLESS_LATE}${holderOf('KEYS[1]')}
if holder == ARGV[2] then redis.call('DEL', KEYS[1]) end
return 'done'
`;
