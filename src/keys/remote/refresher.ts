/** Refreshes a resource of another server: one attempt at a time, before it expires, and with growing pauses while attempts fail. */
import type { StartTimer } from '../timer.ts'

/** The result of an attempt. */
export type Attempt =
  | { readonly succeeded: false }
  | {
      readonly succeeded: true
      /** How long its result is fresh, where the reply has a lifetime. */
      readonly lifetimeMs: number | undefined
    }

export interface RefresherOptions {
  /** Never rejects. The signal aborts it. */
  readonly attempt: (signal: AbortSignal) => Promise<Attempt>
  readonly timing: RefreshTiming
  /** How long after the start of an attempt {@link Refresher.refreshAgain} has no effect. */
  readonly cooldownMs: number
  readonly now: () => number
  readonly startTimer: StartTimer
}

/** None of its functions rejects or throws. */
export interface Refresher {
  /** Attempts now, or joins the attempt that is under way. The first call begins the series. */
  readonly refresh: () => Promise<void>
  /** The same for an unknown kid, which any client can send: joins an attempt, or begins one unless the last one is too recent. */
  readonly refreshAgain: () => Promise<void>
  /** When the next attempt is planned for, in milliseconds since 1970; Infinity before the first. */
  readonly nextAt: () => number
  /** Stops for good. */
  readonly close: () => void
}

/** Makes the refresher of an action. Nothing is done before the first call. */
export function createRefresher(options: RefresherOptions): Refresher {
  const { attempt, timing, cooldownMs, now, startTimer } = options
  const closing = new AbortController()
  let underWay: Promise<void> | undefined
  let begunAt = Number.NEGATIVE_INFINITY
  let nextAt = Number.POSITIVE_INFINITY
  let failures = 0
  let cancelTimer = () => {}

  async function refresh(): Promise<void> {
    if (closing.signal.aborted) return
    underWay ??= attemptAndPlan().finally(() => {
      underWay = undefined
    })
    await underWay
  }

  async function attemptAndPlan(): Promise<void> {
    cancelTimer()
    begunAt = now()
    const result = await attempt(closing.signal)
    if (closing.signal.aborted) return
    failures = result.succeeded ? 0 : failures + 1
    const delay = result.succeeded
      ? timing.afterSuccess(result.lifetimeMs)
      : timing.afterFailure(failures)
    nextAt = now() + delay
    cancelTimer = startTimer(refresh, delay)
  }

  return {
    refresh,
    async refreshAgain() {
      if (underWay === undefined && now() - begunAt < cooldownMs) return
      await refresh()
    },
    nextAt: () => nextAt,
    close() {
      closing.abort()
      cancelTimer()
    }
  }
}

const MINUTE_MS = 60_000

/** No header can cause more frequent fetches than this; only the setting itself can. */
const LEAST_FRESH_MS = MINUTE_MS
/** After the first failure. The pause doubles with each further one, up to the refresh time or {@link LONGEST_PAUSE_MS}. */
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 5 * MINUTE_MS

/** All times are milliseconds. */
export interface RefreshTiming {
  /** @param stated the lifetime in the headers, if any */
  readonly afterSuccess: (stated: number | undefined) => number
  /** @param failures how many there were in a row, this one included */
  readonly afterFailure: (failures: number) => number
}

/**
 * @param refresh how long a reply is fresh where its headers have no lifetime, and at most
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
