/** Metrics for Prometheus: few labels, and none that a client chooses. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { ErrorCode } from '../errors.ts'
import type { CallOutcome } from '../remote/remote.ts'
import { createPlainCounter, createPlainHistogram } from './plain-metrics.ts'

export interface Metrics {
  /** @param route the path of the route as configured */
  readonly requestEnded: (route: string, status: number, seconds: number) => void
  /** @param remote the host of the remote */
  readonly observeCalls: (remote: string) => (outcome: CallOutcome, seconds: number) => void
  /** @param code why the token was issued without its claims */
  readonly remoteSkipped: (remote: string, code: ErrorCode) => void
  readonly tokenIssued: (route: string) => void
  /** @param reason why the token was rejected; `none` for a valid one */
  readonly tokenChecked: (route: string, result: 'valid' | 'refused', reason: string) => void
  /** @param outcome how the fetch of a remote JWK Set ended */
  readonly jwksFetched: (outcome: string) => void
  readonly configReloaded: (result: 'ok' | 'failed') => void
  /** @param kind what was asked to be revoked */
  readonly revoked: (kind: 'token' | 'subject' | 'key') => void
  readonly revocationEntries: (count: number) => void
  readonly revocationAvailable: (isAvailable: boolean) => void
  /** @param time milliseconds since 1970 */
  readonly revocationSynchronized: (time: number) => void
  /** A token was checked against a list of revocations that may be incomplete. */
  readonly checkedOpen: () => void
  /** @param held the bytes of all bodies and replies in memory */
  readonly observeBodies: (held: () => number) => void
  /** @param count the requests that were rejected before anything was done for them */
  readonly observeShed: (count: () => number) => void
  /** A body or reply for which there was no memory, or a body that was cut to make room. */
  readonly bodyRejected: (outcome: 'cut' | 'rejected') => void
  /** The exposition text, and its media type. */
  readonly expose: () => Promise<string>
  readonly contentType: string
  /** The metrics as data, to be added up with those of other processes. */
  readonly snapshot: () => Promise<MetricsSnapshot>
}

/** The metrics of a process, as data that can be sent to another one. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Makes a registry of its own, with those of Node.js (event loop lag, memory, CPU) in it. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const requests = createPlainCounter(registry, {
    name: 'txtoken_requests_total',
    help: 'Requests answered.',
    labelNames: ['route', 'status']
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
  const issued = createPlainCounter(registry, {
    name: 'txtoken_tokens_issued_total',
    help: 'Tokens issued.',
    labelNames: ['route']
  })
  const checks = createPlainCounter(registry, {
    name: 'txtoken_checks_total',
    help: 'Tokens checked.',
    labelNames: ['route', 'result', 'reason']
  })
  const jwksFetches = createPlainCounter(registry, {
    name: 'txtoken_jwks_fetches_total',
    help: 'Fetches of remote JWK Sets.',
    labelNames: ['outcome']
  })
  const reloads = createPlainCounter(registry, {
    name: 'txtoken_config_reloads_total',
    help: 'Reloads of the configuration.',
    labelNames: ['result']
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
  let shed = () => 0
  new Counter({
    name: 'txtoken_requests_shed_total',
    help: 'Requests rejected with 503 before anything was done for them.',
    registers,
    collect() {
      this.reset()
      this.inc(shed())
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
  // Without a value before the first one, its increase would not be visible.
  for (const result of ['ok', 'failed']) reloads([result], 0)
  for (const outcome of ['cut', 'rejected']) bodiesRejected([outcome], 0)
  // A zero would mean that there is a store, and that it is unavailable.
  for (const gauge of [revocationEntries, revocationAvailable, revocationSynchronized]) {
    gauge.remove()
  }

  return {
    requestEnded(route, status, seconds) {
      requests([route, String(status)])
      durations([route], seconds)
    },
    observeCalls(remote) {
      return function callEnded(outcome, seconds) {
        remoteCalls([remote, outcome])
        remoteDurations([remote], seconds)
      }
    },
    remoteSkipped: (remote, code) => remoteSkips([remote, code]),
    tokenIssued: (route) => issued([route]),
    tokenChecked: (route, result, reason) => checks([route, result, reason]),
    jwksFetched: (outcome) => jwksFetches([outcome]),
    configReloaded: (result) => reloads([result]),
    revoked: (kind) => revoked([kind]),
    revocationEntries: (count) => revocationEntries.set(count),
    revocationAvailable: (isAvailable) => revocationAvailable.set(isAvailable ? 1 : 0),
    revocationSynchronized: (time) => revocationSynchronized.set(time / 1000),
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
