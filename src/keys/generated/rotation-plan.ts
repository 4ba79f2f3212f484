/** When generated keys sign, verify and expire: pure functions of the existing keys, the settings and the clock. */

/** The schedule of a key. Written once, when the key is made, so that all replicas read the same. */
export interface KeySchedule {
  /** Its place in the line of keys. Of two keys, the one with the greater number is the newer. */
  readonly sequence: number
  /** When it first signs, in milliseconds since 1970. */
  readonly signsFrom: number
  /** The longest that a token signed by it was planned to last, when it was made. */
  readonly longestLifetimeMs: number
}

export interface RotationSettings {
  readonly rotateEveryMs: number
  /** How long a key is published before it first signs. Shorter than `rotateEveryMs`. */
  readonly publishAheadMs: number
  /** How long a token may be accepted after it was signed: the longest lifetime, and the skew that checks allow. */
  readonly longestLifetimeMs: number
}

/** All times are milliseconds since 1970. The plan is valid for each moment `from <= now < until`. */
export interface RotationPlan<K> {
  readonly from: number
  readonly until: number
  /** The key that signs. Undefined only when there is no key at all. */
  readonly signing: K | undefined
  /** The keys that verify and are published, the oldest first: all that signed, sign or will sign. */
  readonly live: readonly K[]
  /** The keys that are no longer needed. */
  readonly removable: readonly K[]
  /** Whether the next key is to be made now. */
  readonly due: boolean
  /** When the live keys change next, as planned; `from` when a key is overdue. */
  readonly changesAt: number
}

/**
 * Makes the plan.
 * @param now milliseconds since 1970
 * @param keys in any order, each sequence once
 */
export function planRotation<K extends KeySchedule>(
  now: number,
  keys: readonly K[],
  settings: RotationSettings
): RotationPlan<K> {
  const newestFirst = keys.toSorted((a, b) => b.sequence - a.sequence)
  // A setting that was lowered does not shorten the tokens that were issued already, so the lifetimes in the files count too.
  const longestLifetimeMs = Math.max(
    settings.longestLifetimeMs,
    ...keys.map((key) => key.longestLifetimeMs)
  )
  const dueAt = nextKeyDueAt(newestFirst[0], settings)

  const live: K[] = []
  const removable: K[] = []
  const ends: number[] = []
  const events: number[] = [dueAt]
  let stopsSigningAt = Number.POSITIVE_INFINITY
  for (const key of newestFirst) {
    const endsAt = stopsSigningAt + longestLifetimeMs
    // Another replica's clock may be behind: until it too has seen the end, the file stays.
    const removableAt = endsAt + settings.publishAheadMs
    if (now < endsAt) live.unshift(key)
    if (now >= removableAt) removable.unshift(key)
    ends.push(endsAt)
    events.push(key.signsFrom, endsAt, removableAt)
    stopsSigningAt = Math.min(stopsSigningAt, key.signsFrom)
  }

  return {
    from: now,
    until: earliestAfter(now, events),
    // A clock that is behind may see no key that has begun. The one that begins first is then the one that others sign with.
    signing: newestFirst.find((key) => key.signsFrom <= now) ?? newestFirst.at(-1),
    live,
    removable,
    due: dueAt <= now,
    changesAt: dueAt <= now ? now : earliestAfter(now, [dueAt, ...ends])
  }
}

/**
 * When a key that is made now signs first. The very first signs at once, for there is no other; each later one is
 * published for its time however late it is made, while the key before it goes on signing.
 * @returns milliseconds since 1970
 */
export function nextSignsFrom(
  now: number,
  keys: readonly KeySchedule[],
  settings: RotationSettings
): number {
  const newest = keys.toSorted((a, b) => b.sequence - a.sequence)[0]
  if (newest === undefined) return now
  return Math.max(newest.signsFrom + settings.rotateEveryMs, now + settings.publishAheadMs)
}

function nextKeyDueAt(newest: KeySchedule | undefined, settings: RotationSettings): number {
  if (newest === undefined) return Number.NEGATIVE_INFINITY
  return newest.signsFrom + settings.rotateEveryMs - settings.publishAheadMs
}

function earliestAfter(now: number, moments: readonly number[]): number {
  return Math.min(...moments.filter((moment) => moment > now))
}
