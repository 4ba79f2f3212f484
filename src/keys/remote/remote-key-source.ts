/** Keys of a JWK Set that another server publishes: kept as long as HTTP lets them, and fetched again ahead of time. */
import type { TlsSettings } from '../../remote/tls-options.ts'
import type { Algorithm, Key } from '../key.ts'
import type { KeySource } from '../key-source.ts'
import { type StartTimer, startUnreferencedTimer } from '../timer.ts'
import { createFetchJwks, JwksError, type JwksFailure, type JwksReply } from './fetch-jwks.ts'
import { type Attempt, createRefresher, createRefreshTiming } from './refresher.ts'
import { selectKeys } from './select-keys.ts'

const MINUTE_MS = 60_000

/** Costs the other server next to nothing, and a key that it withdraws is gone soon enough. */
export const DEFAULT_REFRESH_MS = 15 * MINUTE_MS
/** An outage at night of the other server, and the morning to fix it. */
export const DEFAULT_STALE_LIMIT_MS = 24 * 60 * MINUTE_MS
/** Clients with made-up kids cost the other server at most two calls a minute. */
const DEFAULT_COOLDOWN_MS = MINUTE_MS / 2
/** A request may be waiting for it. */
const DEFAULT_TIMEOUT_MS = 5_000
/** Ten times what the large identity providers have, certificates included. */
const DEFAULT_MAX_BYTES = 256 * 1024
const DEFAULT_MAX_KEYS = 100

export interface RemoteKeySourceOptions {
  readonly url: string
  /** The key to take out of the set, and the name of the source. Without it, all keys of the set are used. */
  readonly kid?: string | undefined
  /** The algorithms that keys may have. A JWK that names none gets the only one of these that it fits. */
  readonly algorithms: readonly Algorithm[]
  /** Whether a JWK that names no algorithm is rejected instead. Default false. */
  readonly requireAlg?: boolean | undefined
  /** The `typ` of the tokens that it signs. Default `JWT`. */
  readonly typ?: string | undefined
  /** Whether the URL may be http://. Default false. Certificates are verified in any case. */
  readonly allowHttp?: boolean | undefined
  readonly tls?: TlsSettings | undefined
  /** How long a set is fresh where its headers have no lifetime, and at most. Default 15 minutes. */
  readonly refreshMs?: number | undefined
  /** How long keys are usable after they were last confirmed, when the set cannot be fetched. Default 24 hours. */
  readonly staleLimitMs?: number | undefined
  /** How long after a fetch an unknown kid cannot cause another. Default 30 seconds. */
  readonly cooldownMs?: number | undefined
  /** For a fetch as a whole. Default 5 seconds. */
  readonly timeoutMs?: number | undefined
  /** The largest set that is read. Default 256 KiB. */
  readonly maxBytes?: number | undefined
  /** The most keys that a set may have. Default 100. */
  readonly maxKeys?: number | undefined
  /** Called after every fetch, for log and metrics. Must not throw. */
  readonly report?: ((report: FetchReport) => void) | undefined
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** From 0 up to 1: keeps several replicas from asking all at once. */
  readonly random?: () => number
  readonly startTimer?: StartTimer
}

export interface FetchReport {
  /** The name of the source. */
  readonly source: string | undefined
  readonly outcome: 'fetched' | 'unchanged' | JwksFailure
  /** What went wrong, where something did. */
  readonly error?: JwksError
  /** Why keys of the set are not usable: one text for each that was wanted. */
  readonly rejections: readonly string[]
  /** How many keys are usable now. */
  readonly keys: number
}

/** A set as it was last seen. */
interface Held {
  readonly keys: readonly Key[]
  readonly signingKey: Key | undefined
  readonly publishedKeys: readonly Key[]
  readonly etag: string | undefined
}

const NOTHING: Held = { keys: [], signingKey: undefined, publishedKeys: [], etag: undefined }

/**
 * Makes a key source of a remote JWK Set. It starts without the set as well, has no key then, and keeps trying.
 * Directives against stale use (`must-revalidate`) do not count: the stale limit is what the operator chose.
 * @throws TypeError for options that contradict each other, or that could never work
 */
export function createRemoteKeySource(options: RemoteKeySourceOptions): KeySource {
  const {
    kid,
    algorithms,
    refreshMs = DEFAULT_REFRESH_MS,
    staleLimitMs = DEFAULT_STALE_LIMIT_MS,
    cooldownMs = DEFAULT_COOLDOWN_MS,
    now = Date.now,
    random = Math.random,
    startTimer = startUnreferencedTimer,
    report = () => {}
  } = options
  if (!(refreshMs > 0 && staleLimitMs >= refreshMs)) {
    throw new TypeError('expected a refresh time above 0, and a stale limit that is not shorter')
  }
  if (algorithms.length === 0) throw new TypeError('expected at least one algorithm')
  const fetchJwks = createFetchJwks({
    url: options.url,
    allowHttp: options.allowHttp ?? false,
    tls: options.tls,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    maxKeys: options.maxKeys ?? DEFAULT_MAX_KEYS,
    now
  })
  const refresher = createRefresher({
    attempt: fetchAndHold,
    timing: createRefreshTiming(refreshMs, random),
    cooldownMs,
    now,
    startTimer
  })
  let held = NOTHING
  let usableUntil = Number.NEGATIVE_INFINITY
  let isReachable = false

  function heldAt(time: number): Held {
    return time < usableUntil ? held : NOTHING
  }

  async function fetchAndHold(signal: AbortSignal): Promise<Attempt> {
    const sentAt = now()
    const reply = await fetchJwks(held.etag, signal)
    if (signal.aborted) return { succeeded: false }
    isReachable = !(reply instanceof JwksError)
    if (reply instanceof JwksError) return fail(reply, [])

    if (reply.jwks === undefined) {
      usableUntil = sentAt + staleLimitMs
      held = { ...held, etag: reply.etag }
      return succeed('unchanged', reply, [])
    }
    const { keys, rejections } = selectKeys(reply.jwks, options)
    if (keys.length === 0) {
      // The owner of the set has withdrawn the keys that we had, so they are not kept up to the stale limit.
      held = NOTHING
      const wanted = kid === undefined ? 'key' : `key with the kid ${JSON.stringify(kid)}`
      return fail(new JwksError('no_key', `found no usable ${wanted}`), rejections)
    }
    usableUntil = sentAt + staleLimitMs
    held = hold(keys, reply.etag)
    return succeed('fetched', reply, rejections)
  }

  function succeed(
    outcome: 'fetched' | 'unchanged',
    { lifetimeMs }: JwksReply,
    rejections: readonly string[]
  ): Attempt {
    report({ source: kid, outcome, rejections, keys: held.keys.length })
    return { succeeded: true, lifetimeMs }
  }

  function fail(error: JwksError, rejections: readonly string[]): Attempt {
    const keys = heldAt(now()).keys.length
    report({ source: kid, outcome: error.failure, error, rejections, keys })
    return { succeeded: false }
  }

  return {
    name: kid,
    signingKey: (time) => heldAt(time).signingKey,
    verificationKeys: (time) => heldAt(time).keys,
    publishedKeys: (time) => heldAt(time).publishedKeys,
    changesAt: (time) =>
      heldAt(time).publishedKeys.length === 0 ? Number.POSITIVE_INFINITY : refresher.nextAt(),
    start: refresher.refresh,
    async refreshForKid(wanted) {
      if (kid !== undefined && wanted !== kid) return
      if (heldAt(now()).keys.some((key) => key.kid === wanted)) return
      await refresher.refreshAgain()
    },
    isUncertain: (header) =>
      !isReachable &&
      algorithms.some((alg) => alg === header.alg) &&
      (kid === undefined || header.kid === undefined || kid === header.kid),
    close: refresher.close
  }
}

/**
 * Only keys that we hold the private half of are published as ours. To publish the public key of another
 * issuer would let that issuer make tokens in our name.
 */
function hold(keys: readonly Key[], etag: string | undefined): Held {
  const signingKeys = keys.filter((key) => key.sign !== undefined)
  return {
    keys,
    signingKey: signingKeys[0],
    publishedKeys: signingKeys.filter((key) => key.publicJwk !== undefined),
    etag
  }
}
