/** Keys of a JWK Set that another server publishes: cached as long as HTTP allows, and fetched again ahead of time. */
import type { ProxyFor } from '../../remote/proxy/proxies.ts'
import type { TlsSettings } from '../../remote/tls-options.ts'
import { isNamed } from '../algorithms.ts'
import type { Algorithm, Key } from '../key.ts'
import type { KeySource, LastFetch } from '../key-source.ts'
import { type StartTimer, startUnreferencedTimer } from '../timer.ts'
import { createFetchJwks, type JwksReply } from './fetch-jwks.ts'
import { JwksError, type JwksFailure } from './jwks-error.ts'
import { type Attempt, createRefresher, createRefreshTiming } from './refresher.ts'
import { selectKeys } from './select-keys.ts'

const MINUTE_MS = 60_000

/** Costs the other server next to nothing, and a withdrawn key is gone soon enough. */
export const DEFAULT_REFRESH_MS = 15 * MINUTE_MS
/** An outage at night of the other server, and the morning to fix it. */
export const DEFAULT_STALE_LIMIT_MS = 24 * 60 * MINUTE_MS
/** Clients with made-up kids cost the other server at most two calls a minute. */
const DEFAULT_COOLDOWN_MS = MINUTE_MS / 2
/** A request may be waiting for it. */
const DEFAULT_TIMEOUT_MS = 5_000
/** Ten times the size at large identity providers, including certificates. */
const DEFAULT_MAX_BYTES = 256 * 1024
const DEFAULT_MAX_KEYS = 100

export interface RemoteKeySourceOptions {
  /** The URL of the set; with `issuers` the URL of the issuer, whose metadata leads to the set. */
  readonly url: string
  /** The allowed names of the issuer in its metadata. Left out where the URL is the URL of the set. */
  readonly issuers?: readonly string[] | undefined
  /** The key to use from the set, and the name of the source. Without it, all keys of the set are used. */
  readonly kid?: string | undefined
  /** The algorithms that keys may have. A JWK without `alg` gets each of these that it is usable with. */
  readonly algorithms: readonly Algorithm[]
  /** Whether a JWK that is usable with several algorithms is rejected without an `alg`. Default false. */
  readonly requireAlg?: boolean | undefined
  /** The `typ` of the tokens that it signs. Default `JWT`. */
  readonly typ?: string | undefined
  /** Whether the URL may be http://. Default false. Certificates are verified in any case. */
  readonly allowHttp?: boolean | undefined
  readonly tls?: TlsSettings | undefined
  /** The setting that names a proxy, or none. */
  readonly proxy?: string | undefined
  /** The proxy of requests. Default: by its setting. */
  readonly proxyFor?: ProxyFor | undefined
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
  /** The error, if there was one. */
  readonly error?: JwksError
  /** Why keys of the set are not usable: one text for each configured one. */
  readonly rejections: readonly string[]
  /** How many keys of the set are usable now. */
  readonly keys: number
}

/** The last fetched set. */
interface Held {
  readonly keys: readonly Key[]
  readonly usable: number
  readonly signingKey: Key | undefined
  readonly publishedKeys: readonly Key[]
  readonly etag: string | undefined
}

const NOTHING: Held = {
  keys: [],
  usable: 0,
  signingKey: undefined,
  publishedKeys: [],
  etag: undefined
}

/** The limits of a fetch, with their defaults. */
export function limitsOf({
  timeoutMs = DEFAULT_TIMEOUT_MS,
  maxBytes = DEFAULT_MAX_BYTES,
  maxKeys = DEFAULT_MAX_KEYS
}: Pick<RemoteKeySourceOptions, 'timeoutMs' | 'maxBytes' | 'maxKeys'>) {
  return { timeoutMs, maxBytes, maxKeys }
}

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
    issuers: options.issuers,
    allowHttp: options.allowHttp ?? false,
    tls: options.tls,
    proxy: options.proxy,
    proxyFor: options.proxyFor,
    ...limitsOf(options),
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
  let lastFetch: LastFetch = { outcome: 'none', confirmedAt: undefined }

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
    const { keys, usable, rejections } = selectKeys(reply.jwks, options)
    if (usable === 0) {
      // The owner of the set has withdrawn our keys, so they are not kept up to the stale limit.
      held = NOTHING
      const wanted = kid === undefined ? 'key' : `key with the kid ${JSON.stringify(kid)}`
      return fail(new JwksError('no_key', `found no usable ${wanted}`), rejections)
    }
    usableUntil = sentAt + staleLimitMs
    held = { ...hold(keys), usable, etag: reply.etag }
    return succeed('fetched', reply, rejections)
  }

  function succeed(
    outcome: 'fetched' | 'unchanged',
    { lifetimeMs }: JwksReply,
    rejections: readonly string[]
  ): Attempt {
    lastFetch = { outcome, confirmedAt: usableUntil - staleLimitMs }
    report({ source: kid, outcome, rejections, keys: held.usable })
    return { succeeded: true, lifetimeMs }
  }

  function fail(error: JwksError, rejections: readonly string[]): Attempt {
    const keys = heldAt(now()).usable
    lastFetch = { ...lastFetch, outcome: error.failure }
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
    lastFetch: () => lastFetch,
    start: refresher.refresh,
    async refreshForKid(wanted) {
      if (kid !== undefined && wanted !== kid) return
      if (heldAt(now()).keys.some((key) => key.kid === wanted)) return
      await refresher.refreshAgain()
    },
    isUncertain: (header) =>
      !isReachable &&
      algorithms.some((alg) => isNamed(alg, header.alg)) &&
      (kid === undefined || header.kid === undefined || kid === header.kid),
    close: refresher.close
  }
}

/**
 * Only keys whose private half we hold are published as ours. Publishing the public key of another
 * issuer would let that issuer issue tokens in our name.
 */
function hold(keys: readonly Key[]): Omit<Held, 'usable' | 'etag'> {
  const signingKeys = keys.filter((key) => key.sign !== undefined)
  return {
    keys,
    signingKey: signingKeys[0],
    publishedKeys: signingKeys.filter((key) => key.publicJwk !== undefined)
  }
}
