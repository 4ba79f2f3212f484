/** When to fetch again something that others may change: ahead of its end, and with growing pauses while it cannot be had. */

const MINUTE_MS = 60_000

/** No header can make us ask more often than this; only the setting itself can. */
const LEAST_FRESH_MS = MINUTE_MS
/** After the first failure. The pause doubles with each further one, up to the refresh time or {@link LONGEST_PAUSE_MS}. */
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 5 * MINUTE_MS

/** All times are milliseconds. */
export interface RefreshTiming {
  /** @param stated the lifetime that the headers give, if they do */
  readonly afterSuccess: (stated: number | undefined) => number
  /** @param failures how many there were in a row, this one included */
  readonly afterFailure: (failures: number) => number
}

/**
 * @param refresh how long a reply counts as fresh where it does not say, and at most
 * @param random from 0 up to 1: keeps several replicas from asking all at once
 */
export function createRefreshTiming(refresh: number, random: () => number): RefreshTiming {
  const leastFresh = Math.min(LEAST_FRESH_MS, refresh)
  const longestPause = Math.min(LONGEST_PAUSE_MS, refresh)

  return {
    afterSuccess(stated = refresh) {
      const fresh = Math.min(Math.max(stated, leastFresh), refresh)
      return fresh * (0.8 + 0.1 * random())
    },
    afterFailure(failures) {
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), longestPause)
      return pause * (0.5 + 0.5 * random())
    }
  }
}
