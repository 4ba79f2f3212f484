/** Metrics for Prometheus: few labels, and none that a client chooses. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { ErrorCode } from '../errors.ts'
import { type CallOutcome, NOT_SENT } from '../remote/outcome.ts'
import { createPlainCounter, createPlainHistogram } from './plain-metrics.ts'

export interface Metrics {
  /**
   * @param route the path of the route as configured
   * @param outcome `ok`, or the failure: on some routes a login that the remote rejects is a 500, but not a failure
   */
  readonly requestEnded: (
    route: string,
    status: number,
    outcome: CallOutcome,
    seconds: number
  ) => void
  /** @param remote the host of the remote. A call that did not go out counts, and its time does not. */
  readonly observeCalls: (remote: string) => (outcome: CallOutcome, seconds: number) => void
  /** @param remote the host of the remote. The function takes whether one more, or one less, of its breakers is open. */
  readonly observeDown: (remote: string) => (isDown: boolean) => void
  /** @param code why the token was issued without its claims */
  readonly remoteSkipped: (remote: string, code: ErrorCode) => void
  readonly tokenIssued: (route: string) => void
  /** @param by the exceeded limit */
  readonly attemptRejected: (route: string, by: 'client' | 'body') => void
  /** @param reason why the token was rejected; `none` for a valid one */
  readonly tokenChecked: (route: string, result: 'valid' | 'refused', reason: string) => void
  /**
   * @param remote the host of a remote JWK Set
   * @param outcome how the fetch ended
   */
  readonly jwksFetched: (remote: string, outcome: string) => void
  readonly configReloaded: (result: 'ok' | 'failed') => void
  /** @param kind the kind of revocation */
  readonly revoked: (kind: 'token' | 'subject' | 'key') => void
  readonly revocationEntries: (count: number) => void
  /** @param count the limit */
  readonly revocationMaxEntries: (count: number) => void
  readonly revocationAvailable: (isAvailable: boolean) => void
  /** @param time milliseconds since 1970 */
  readonly revocationSynchronized: (time: number) => void
  /** The bytes of the state of refresh tokens in a store with its own limit, and the limit. */
  readonly recordsHeld: (bytes: number, maxBytes: number) => void
  /** The refresh tokens of a login were evicted for another one. */
  readonly recordEvicted: () => void
  /** @param reason why a token was issued without the refresh token that its route issues */
  readonly refreshTokenLeftOut: (reason: 'full' | 'size') => void
  /** A token was checked against a list of revocations that may be incomplete. */
  readonly checkedOpen: () => void
  /** @param count the shared secrets of the configuration that others know or can guess */
  readonly weakSecrets: (count: number) => void
  /** @param held the bytes of all bodies and replies in memory */
  readonly observeBodies: (held: () => number) => void
  /** @param count the requests that were rejected before anything was done for them, by the limit that rejected them */
  readonly observeShed: (count: () => Shed) => void
  /** A body or reply for which there was no memory, or a body that was cut to make room. */
  readonly bodyRejected: (outcome: 'cut' | 'rejected') => void
  /** The exposition text, and its media type. */
  readonly expose: () => Promise<string>
  readonly contentType: string
  /** The metrics as data, to be added up with those of other processes. */
  readonly snapshot: () => Promise<MetricsSnapshot>
}

/** How many requests were rejected by `limits.wait`, and by `limits.calls`. */
type Shed = Readonly<Record<'wait' | 'calls', number>>

/** The metrics of a process, as data that can be sent to another one. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Makes a separate registry, with the metrics of Node.js (event loop lag, memory, CPU) in it. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const requests = createPlainCounter(registry, {
    name: 'txtoken_requests_total',
    help: 'Requests answered.',
    labelNames: ['route', 'status', 'outcome']
  })
  const durations = createPlainHistogram(registry, {
    name: 'txtoken_request_duration_seconds',
    help: 'Time from the header of a request to its answer.',
    labelNames: ['route'],
    buckets: SECONDS
  })
  const remoteCalls = createPlainCounter(registry, {
    name: 'txtoken_remote_calls_total',
    help: 'Calls to a remote.',
    labelNames: ['remote', 'outcome']
  })
  const remoteDurations = createPlainHistogram(registry, {
    name: 'txtoken_remote_call_duration_seconds',
    help: 'Time from the start of a call to a remote to its end.',
    labelNames: ['remote'],
    buckets: SECONDS
  })
  const remoteSkips = createPlainCounter(registry, {
    name: 'txtoken_remote_skips_total',
    help: 'Calls to a remote that failed, and after which tokens were issued without its claims.',
    labelNames: ['remote', 'code']
  })
  const remotesDown = new Gauge({
    name: 'txtoken_remote_down',
    help: 'More than 0 while calls to a remote fail at once, since it failed before.',
    labelNames: ['remote'],
    aggregator: 'max',
    registers
  })
  const issued = createPlainCounter(registry, {
    name: 'txtoken_tokens_issued_total',
    help: 'Tokens issued.',
    labelNames: ['route']
  })
  const attemptsRejected = createPlainCounter(registry, {
    name: 'txtoken_attempts_rejected_total',
    help: 'Attempts to log in that were rejected, since there were too many of their client, or of a value in the body.',
    labelNames: ['route', 'by']
  })
  const checks = createPlainCounter(registry, {
    name: 'txtoken_checks_total',
    help: 'Tokens checked.',
    labelNames: ['route', 'result', 'reason']
  })
  const jwksFetches = createPlainCounter(registry, {
    name: 'txtoken_jwks_fetches_total',
    help: 'Fetches of remote JWK Sets.',
    labelNames: ['remote', 'outcome']
  })
  const reloads = createPlainCounter(registry, {
    name: 'txtoken_config_reloads_total',
    help: 'Reloads of the configuration.',
    labelNames: ['result']
  })
  const lastReload = new Gauge({
    name: 'txtoken_config_last_reload_successful',
    help: 'Whether the last reload of the configuration succeeded: 1, as before the first one, or 0.',
    aggregator: 'min',
    registers
  })
  const revoked = createPlainCounter(registry, {
    name: 'txtoken_revocations_total',
    help: 'Requests to revoke that were carried out.',
    labelNames: ['kind']
  })
  const revocationEntries = new Gauge({
    name: 'txtoken_revocation_entries',
    help: 'Revocations held in memory.',
    aggregator: 'max',
    registers
  })
  const revocationMaxEntries = new Gauge({
    name: 'txtoken_revocation_max_entries',
    help: 'The most revocations that are held in memory.',
    aggregator: 'max',
    registers
  })
  const recordBytes = new Gauge({
    name: 'txtoken_refresh_store_bytes',
    help: 'Bytes that the state of refresh tokens takes in the store, in memory or in a file.',
    registers
  })
  const recordMaxBytes = new Gauge({
    name: 'txtoken_refresh_store_max_bytes',
    help: 'The most bytes that the state of refresh tokens may take.',
    registers
  })
  const evictions = new Counter({
    name: 'txtoken_refresh_store_evictions_total',
    help: 'Logins whose refresh tokens made room for those of others: they were unused for the longest time.',
    registers
  })
  const refreshTokensLeftOut = createPlainCounter(registry, {
    name: 'txtoken_refresh_tokens_left_out_total',
    help: 'Tokens issued without the refresh token that their route issues.',
    labelNames: ['reason']
  })
  const revocationAvailable = new Gauge({
    name: 'txtoken_revocation_available',
    help: 'Whether the revocations in memory are complete: 1, or 0 while the store is out of reach.',
    aggregator: 'min',
    registers
  })
  const revocationSynchronized = new Gauge({
    name: 'txtoken_revocation_synchronized_timestamp_seconds',
    help: 'When the revocations in memory were last known to be complete.',
    aggregator: 'min',
    registers
  })
  const weakSecrets = new Gauge({
    name: 'txtoken_weak_secrets',
    help: 'Shared secrets of the configuration that are published somewhere, or can be guessed.',
    aggregator: 'max',
    registers
  })
  const openChecks = new Counter({
    name: 'txtoken_revocation_open_checks_total',
    help: 'Tokens that passed while the revocation store was out of reach.',
    registers
  })
  const bodiesRejected = createPlainCounter(registry, {
    name: 'txtoken_bodies_rejected_total',
    help: 'Bodies that were cut to make room, and bodies and replies that there was no room for.',
    labelNames: ['outcome']
  })
  let shed = (): Shed => ({ wait: 0, calls: 0 })
  new Counter({
    name: 'txtoken_requests_shed_total',
    help: 'Requests rejected with 503 before anything was done for them, by the limit that rejected them.',
    labelNames: ['limit'],
    registers,
    collect() {
      this.reset()
      for (const [limit, count] of Object.entries(shed())) this.inc({ limit }, count)
    }
  })
  let bytesHeld = () => 0
  new Gauge({
    name: 'txtoken_body_bytes',
    help: 'Bytes of request bodies and replies of remotes that are held in memory.',
    registers,
    collect() {
      this.set(bytesHeld())
    }
  })
  lastReload.set(1)
  // Without a value before the first one, its increase would not be visible.
  for (const result of ['ok', 'failed']) reloads([result], 0)
  for (const outcome of ['cut', 'rejected']) bodiesRejected([outcome], 0)
  for (const reason of ['full', 'size']) refreshTokensLeftOut([reason], 0)
  // A zero would mean that there is a store, and that it is unavailable.
  for (const gauge of [
    revocationEntries,
    revocationMaxEntries,
    revocationAvailable,
    revocationSynchronized,
    recordBytes,
    recordMaxBytes
  ]) {
    gauge.remove()
  }

  return {
    requestEnded(route, status, outcome, seconds) {
      requests([route, String(status), outcome])
      durations([route], seconds)
    },
    observeCalls(remote) {
      return function callEnded(outcome, seconds) {
        remoteCalls([remote, outcome])
        // The time of calls that did not go out would hide how long the others take.
        if (!NOT_SENT.has(outcome)) remoteDurations([remote], seconds)
      }
    },
    observeDown(remote) {
      remotesDown.inc({ remote }, 0)
      return (isDown) => remotesDown.inc({ remote }, isDown ? 1 : -1)
    },
    remoteSkipped: (remote, code) => remoteSkips([remote, code]),
    tokenIssued: (route) => issued([route]),
    attemptRejected: (route, by) => attemptsRejected([route, by]),
    tokenChecked: (route, result, reason) => checks([route, result, reason]),
    jwksFetched: (remote, outcome) => jwksFetches([remote, outcome]),
    configReloaded(result) {
      reloads([result])
      lastReload.set(result === 'ok' ? 1 : 0)
    },
    revoked: (kind) => revoked([kind]),
    revocationEntries: (count) => revocationEntries.set(count),
    revocationMaxEntries: (count) => revocationMaxEntries.set(count),
    recordsHeld(bytes, maxBytes) {
      recordBytes.set(bytes)
      recordMaxBytes.set(maxBytes)
    },
    recordEvicted: () => evictions.inc(),
    refreshTokenLeftOut: (reason) => refreshTokensLeftOut([reason]),
    revocationAvailable: (isAvailable) => revocationAvailable.set(isAvailable ? 1 : 0),
    revocationSynchronized: (time) => revocationSynchronized.set(time / 1000),
    weakSecrets: (count) => weakSecrets.set(count),
    observeBodies(held) {
      bytesHeld = held
    },
    observeShed(count) {
      shed = count
    },
    bodyRejected: (outcome) => bodiesRejected([outcome]),
    checkedOpen: () => openChecks.inc(),
    expose: () => registry.metrics(),
    contentType: registry.contentType,
    snapshot: () => registry.getMetricsAsJSON()
  }
}
