/** When to renew a token: well ahead of its end, and with growing pauses while that fails. */
import type { RefreshTiming } from '../keys/remote/refresher.ts'

/** After the first failure. The pause doubles with each further one, up to {@link LONGEST_PAUSE}. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 60_000

/** @param random from 0 up to 1: keeps several replicas from asking all at once */
export function createRenewalTiming(random: () => number): RefreshTiming {
  return {
    afterSuccess: (lifetime = 0) => lifetime * (0.7 + 0.1 * random()),
    afterFailure(failures) {
      const pause = Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)
      return pause * (0.5 + 0.5 * random())
    }
  }
}
