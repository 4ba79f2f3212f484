/** Overload of the process: lets costly requests start one after the other, rejects with answers that were prepared at the start, and reports it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '../config/full-form.ts'
import { overloaded } from '../errors.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Route } from '../protocols/route.ts'
import { hasBodyToCome } from './exchange.ts'
import { createTurns } from './turns.ts'

export interface OverloadOptions {
  readonly logger: Logger
  readonly metrics: Metrics
}

/** A request on a costly route, before any work on it. */
interface CostlyRequest {
  readonly route: Route
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Handles the request. */
  readonly work: () => void
  /** Called in place of `work` where the request was rejected, which is answered already, or where its client has gone. */
  readonly dropped: () => void
}

export interface Overload {
  /** Lets a request work when it is its turn, or rejects it in the wire format of its route, with its body unread. */
  readonly enter: (costly: CostlyRequest) => void
  readonly configure: (config: Pick<Config, 'limits'>) => void
  readonly close: () => void
}

const REPORT_MS = 1000
/** A request that announces a larger body has no turn. */
const LARGE_BYTES = 64 * 1024

/** Makes the overload control of a process. Rejected requests are logged by their number, once a second. */
export function createOverload(
  config: Pick<Config, 'limits'>,
  { logger, metrics }: OverloadOptions
): Overload {
  const turns = createTurns({
    longestMs: longestOf(config),
    now: () => performance.now(),
    nextTurn: setImmediate,
    later: (turn, ms) => setTimeout(turn, ms)
  })
  // Prepared once for each route, with the first request that is rejected.
  const rejects = new WeakMap<Route, Reject>()
  let rejected = 0
  /** The number of rejections because of too many calls to a remote in flight. */
  let withoutRoom = 0
  let reported = { rejected, withoutRoom }
  let reporting: NodeJS.Timeout | undefined
  let isClosed = false

  function reject(
    { route, request, response, dropped }: CostlyRequest,
    { startedAt, hasRoom }: { readonly startedAt: number; readonly hasRoom: boolean }
  ): void {
    const reject = rejects.get(route) ?? createReject(route, metrics)
    rejects.set(route, reject)
    rejected++
    if (!hasRoom) withoutRoom++
    if (!isClosed) reporting ??= setTimeout(report, REPORT_MS)
    reject(request, response, (performance.now() - startedAt) / 1000)
    dropped()
  }

  function report(): void {
    reporting = undefined
    const line = {
      rejected: rejected - reported.rejected,
      withoutRoom: withoutRoom - reported.withoutRoom
    }
    logger.warn(line, 'overloaded, requests rejected')
    reported = { rejected, withoutRoom }
  }

  metrics.observeShed(() => ({ wait: rejected - withoutRoom, calls: withoutRoom }))
  return {
    enter(costly) {
      const { route, request, work, dropped } = costly
      const startedAt = performance.now()
      let hasRoom = true
      const entry = { start, reject: () => reject(costly, { startedAt, hasRoom }) }
      const isLarge = Number(request.headers['content-length'] ?? 0) > LARGE_BYTES
      // It only begins to read now. A thousand stalled ones would keep logins, which are small, from their turn.
      if (!isLarge) turns.enter(entry)
      else if (!start()) turns.hold(entry)

      function start(): boolean {
        hasRoom = route.hasRoom?.() !== false
        if (!hasRoom) return false
        if (request.socket.destroyed) dropped()
        else work()
        return true
      }
    },
    configure: (next) => turns.setLongest(longestOf(next)),
    close() {
      isClosed = true
      turns.close()
      if (reporting === undefined) return
      clearTimeout(reporting)
      report()
    }
  }
}

function longestOf({ limits: { wait } }: Pick<Config, 'limits'>): number | undefined {
  return wait === 'off' ? undefined : wait
}

/** Answers a request before its body is read, and counts it with the time that it has waited. */
type Reject = (request: IncomingMessage, response: ServerResponse, seconds: number) => void

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

  return function reject(request, response, seconds) {
    metrics.requestEnded(route.path, status, 'overloaded', seconds)
    response.writeHead(status, hasBodyToCome(request) ? lastFields : fields).end(content)
  }
}
