/** Overload of the process: measures the event loop, rejects requests with answers that were prepared at the start, and reports it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '../config/full-form.ts'
import { overloaded } from '../errors.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Route } from '../protocols/route.ts'
import { createAdmission, SAMPLE_MS } from './admission.ts'

export interface OverloadOptions {
  readonly logger: Logger
  readonly metrics: Metrics
}

export interface Overload {
  /** Whether a request of the route may be worked on: the process keeps up, and the remotes of the route have room. */
  readonly admit: (route: Route) => boolean
  /**
   * Answers a request of a route before its body is read, in the wire format of the route, and not at once: clients that ask again as soon as
   * they have an answer would take the time of the processor with requests that are rejected.
   */
  readonly reject: (route: Route, request: IncomingMessage, response: ServerResponse) => void
  readonly configure: (config: Pick<Config, 'limits'>) => void
  readonly close: () => void
}

const REPORT_MS = 1000
/** How long answers wait, in samples. All of them are written together. */
const HELD_SAMPLES = 2

/** Makes what decides about the requests of a process, and starts to measure. Requests are logged by their number, once a second. */
export function createOverload(
  config: Pick<Config, 'limits'>,
  { logger, metrics }: OverloadOptions
): Overload {
  const admission = createAdmission({
    targetMs: targetOf(config),
    now: () => performance.now()
  })
  // Prepared once for each route, with the first request that is rejected.
  const rejects = new WeakMap<Route, Reject>()
  /** Of the rejected ones, those for whose remote too many calls were in flight. */
  let rejectedForCalls = 0
  let reportedForCalls = 0
  /** Answers that wait to be written. */
  let waiting: (() => void)[] = []
  let isClosed = false
  let samples = 0
  let reported = 0
  let reportedAt = Number.NEGATIVE_INFINITY

  function report(): void {
    const count = rejected() - reported
    const now = performance.now()
    if (count === 0 || now - reportedAt < REPORT_MS) return
    const share = Math.round(admission.share() * 100) / 100
    const withoutRoom = rejectedForCalls - reportedForCalls
    logger.warn(
      { rejected: count, withoutRoom, admittedShare: share },
      'overloaded, requests rejected'
    )
    reported += count
    reportedForCalls = rejectedForCalls
    reportedAt = now
  }

  function rejected(): number {
    return admission.rejected() + rejectedForCalls
  }

  function writeWaiting(): void {
    const answers = waiting
    waiting = []
    for (const answer of answers) answer()
  }

  const timer = setInterval(() => {
    admission.sample()
    samples++
    if (samples % HELD_SAMPLES === 0) writeWaiting()
    report()
  }, SAMPLE_MS)
  timer.unref()
  metrics.observeShed(rejected)
  return {
    admit(route) {
      if (route.hasRoom?.() === false) {
        rejectedForCalls++
        return false
      }
      return admission.admit()
    },
    reject(route, request, response) {
      const reject = rejects.get(route) ?? createReject(route, metrics)
      rejects.set(route, reject)
      const startedAt = performance.now()
      waiting.push(() => reject(request, response, (performance.now() - startedAt) / 1000))
      // The program around an embedded service may listen on.
      if (isClosed) writeWaiting()
    },
    configure: (next) => admission.setTarget(targetOf(next)),
    close() {
      isClosed = true
      clearInterval(timer)
      writeWaiting()
    }
  }
}

function targetOf({ limits: { eventLoopDelay } }: Pick<Config, 'limits'>): number | undefined {
  return eventLoopDelay === 'off' ? undefined : eventLoopDelay
}

/** Answers a request before its body is read, and counts it with the time that it has waited. */
type Reject = (request: IncomingMessage, response: ServerResponse, seconds: number) => void

/** A body up to this size may follow unread, and the connection stays open: a new one would cost both sides more. */
const UNREAD_BYTES = 64 * 1024

/** Makes the function that rejects requests in the wire format of a route. Its answer is made once. */
function createReject(route: Route, metrics: Metrics): Reject {
  const { status, headers, body } = route.refuse(
    { note: { route: route.path, isOperation: false, traceId: undefined, error: undefined } },
    overloaded('Too many requests.')
  )
  const content = Buffer.from(body)
  const fields = Object.entries({ ...headers, 'Content-Length': String(content.length) }).flatMap(
    ([name, value]) => [name, String(value)]
  )
  const lastFields = [...fields, 'Connection', 'close']

  return function reject({ headers: request }, response, seconds) {
    metrics.requestEnded(route.path, status, seconds)
    const { 'content-length': length = 0, 'transfer-encoding': coding } = request
    const isShort = coding === undefined && Number(length) <= UNREAD_BYTES
    response.writeHead(status, isShort ? fields : lastFields).end(content)
  }
}
