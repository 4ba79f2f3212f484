/** The names that the service uses in Redis. */

/** A sorted set: revocations by their text, each scored with its end in milliseconds since 1970, `inf` for never. */
export const REVOKED_KEY = 'txtoken:revoked'
/** A hash: `epoch`, which is another each time that the data begins anew, and `sequence`, the number of writes in it. */
export const VERSION_KEY = 'txtoken:revoked:version'
const RECORD_PREFIX = 'txtoken:record:'
const CHANNEL_PREFIX = 'txtoken:revoked:'

/** The key of an expiring record. */
export function recordKey(name: string): string {
  return RECORD_PREFIX + name
}

/** Channels are common to all databases of a Redis, so the name tells them apart. */
export function channelOf(database: number): string {
  return CHANNEL_PREFIX + database
}
