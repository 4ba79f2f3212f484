/** What Redis does in one step, in its own language. */

/**
 * Adds revocations, counts the write, and tells every replica. What ended before ARGV[1] is removed on the way.
 * KEYS: revoked, version. ARGV: time, candidate for the epoch, channel, the entries as JSON, then end and text of each.
 */
export const ADD_REVOCATIONS = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
for i = 5, #ARGV, 2 do redis.call('ZADD', KEYS[1], 'GT', ARGV[i], ARGV[i + 1]) end
redis.call('HSETNX', KEYS[2], 'epoch', ARGV[2])
local epoch = redis.call('HGET', KEYS[2], 'epoch')
local sequence = redis.call('HINCRBY', KEYS[2], 'sequence', 1)
redis.call('PUBLISH', ARGV[3], '{"epoch":"' .. epoch .. '","sequence":' .. sequence .. ',"entries":' .. ARGV[4] .. '}')
`

/** Gives epoch and sequence; begins an epoch where there is none. KEYS: version. ARGV: candidate for the epoch. */
export const OPEN_VERSION = `
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
return redis.call('HMGET', KEYS[1], 'epoch', 'sequence')
`

/**
 * Replaces a text if it is the expected one; without a next text, removes it. Gives 1 where it did.
 * KEYS: record. ARGV: expected text, next text, its time to live in milliseconds.
 */
export const SWAP_RECORD = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if #ARGV == 1 then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
`
