/** The token of a service itself: fetched at its start, renewed before it expires. */
import { type Attempt, createRefresher, type RefreshTiming } from '../keys/remote/refresher.ts'
import { type StartTimer, startUnreferencedTimer } from '../keys/timer.ts'
import { type AuthorizeRequest, createAuthorize, type GotHandler } from './authorize.ts'
import { nameUrl } from './call-failure.ts'
import { ServiceTokenError } from './token-reply.ts'
import { createTokenRequest, type TokenRequestOptions } from './token-request.ts'

export interface ServiceTokenOptions extends TokenRequestOptions {
  /** Called for each request for a token that failed, for the log: the message begins with the URL, without its query. Must not throw. */
  readonly onFailure?: ((error: ServiceTokenError) => void) | undefined
  /** From 0 up to 1: keeps several replicas from asking all at once. */
  readonly random?: (() => number) | undefined
  readonly startTimer?: StartTimer | undefined
}

export interface ServiceToken {
  /**
   * Returns the token to send now. One that is still valid is returned at once, also while its renewal fails.
   * @throws ServiceTokenError where there is none, with the reason why the last request for one failed
   */
  readonly get: () => Promise<string>
  /** Puts the token into a request. Throws as `get` does. */
  readonly authorize: AuthorizeRequest
  /** One of the `handlers` of a got instance: each call that returns a promise gets the token. */
  readonly authorizeGot: GotHandler
  /** Ends all renewing. The token is returned until it expires. */
  readonly close: () => Promise<void>
}

/** A token that expires on its way is rejected, so it is not used any more this long before, or in the last tenth of its lifetime. */
const LAST_MS = 5_000

/**
 * Holds the token of a service. The first one is fetched at once; timers do not keep the process running, and a call
 * that finds the token old renews it too, since timers stop while a machine sleeps.
 * @throws TypeError for options that could never work
 */
export function createServiceToken(options: ServiceTokenOptions): ServiceToken {
  const { now = Date.now, random = Math.random, onFailure } = options
  const request = createTokenRequest(options)
  const refresher = createRefresher({
    attempt: renew,
    timing: createRenewalTiming(random),
    // Callers join a request that is under way, and do not change the pauses between requests.
    cooldownMs: Number.POSITIVE_INFINITY,
    now,
    startTimer: options.startTimer ?? startUnreferencedTimer
  })
  let held: { readonly token: string; readonly usableUntil: number } | undefined
  let failure = new ServiceTokenError('found no token: it was closed before the first one arrived')

  async function renew(signal: AbortSignal): Promise<Attempt> {
    const sentAt = now()
    try {
      const { token, lifetimeMs } = await request.send()
      const last = Math.min(LAST_MS, lifetimeMs / 10)
      held = { token, usableUntil: sentAt + lifetimeMs - last }
      return { succeeded: true, lifetimeMs: sentAt + lifetimeMs - now() }
    } catch (error) {
      if (signal.aborted) return { succeeded: false }
      failure =
        error instanceof ServiceTokenError
          ? error
          : new ServiceTokenError('found no token', { cause: error })
      const { status } = failure
      onFailure?.(new ServiceTokenError(nameUrl(options.url, failure), { status, cause: failure }))
      return { succeeded: false }
    }
  }

  function valid(): string | undefined {
    return held !== undefined && now() < held.usableUntil ? held.token : undefined
  }

  async function get(): Promise<string> {
    if (now() >= refresher.nextAt()) void refresher.refresh()
    const token = valid()
    if (token !== undefined) return token
    await refresher.refreshAgain()
    const renewed = valid()
    if (renewed !== undefined) return renewed
    throw failure
  }

  void refresher.refresh()
  return {
    get,
    ...createAuthorize(get),
    async close() {
      refresher.close()
      await request.close()
    }
  }
}

/** After the first failure. The pause doubles with each further one, up to {@link LONGEST_PAUSE}. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 60_000

/**
 * When to renew the token: well before it expires, and with growing pauses while that fails.
 * @param random from 0 up to 1: keeps several replicas from asking all at once
 */
function createRenewalTiming(random: () => number): RefreshTiming {
  return {
    afterSuccess: (lifetime = 0) => lifetime * (0.7 + 0.1 * random()),
    afterFailure(failures) {
      const pause = Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)
      return pause * (0.5 + 0.5 * random())
    }
  }
}
