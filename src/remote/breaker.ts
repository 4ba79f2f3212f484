/**
 * A circuit breaker for the calls to a remote: after a number of failures in a row it opens, and calls fail at once; after a pause one call
 * is let through, and its answer closes it (half-open). Without it, an outage would hold every request for the whole timeout.
 */
import { ServiceError } from '../errors.ts'
import { NOT_CALLED } from './outcome.ts'

/** The settings of a breaker. */
export interface BreakerSettings {
  /** Failures in a row until it opens. */
  readonly failures: number
  /** How long it stays open before one trial call. */
  readonly pauseMs: number
}

/** An admitted call. */
export interface Pass {
  /** To be called once, with how the call ended. */
  readonly end: (result: ServiceError | undefined) => void
}

export interface Breaker {
  /**
   * Admits a call.
   * @throws ServiceError `remote_failed` with Retry-After while it is open
   */
  readonly enter: () => Pass
  readonly isOpen: () => boolean
}

export interface BreakerOptions extends BreakerSettings {
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number
  /** Called when it opens, with the last failure. */
  readonly onOpen: (failure: ServiceError) => void
  /** Called when it was open and the remote has answered. */
  readonly onClose: () => void
}

/** Makes a breaker, which is closed. */
export function createBreaker({
  failures,
  pauseMs,
  now,
  onOpen,
  onClose
}: BreakerOptions): Breaker {
  let inRow = 0
  /** Undefined while it is closed. */
  let openUntil: number | undefined
  let isProbing = false
  const plain: Pass = { end: (result) => end(result) }

  function end(result: ServiceError | undefined): void {
    const verdict = judge(result)
    if (verdict === 'neither') return
    if (verdict === 'answered') {
      inRow = 0
      if (openUntil === undefined) return
      openUntil = undefined
      onClose()
      return
    }
    inRow++
    if (result === undefined || inRow < failures || openUntil !== undefined) return
    openUntil = now() + pauseMs
    onOpen(result)
  }

  function probe(): Pass {
    isProbing = true
    return {
      end(result) {
        isProbing = false
        if (judge(result) === 'failed') openUntil = now() + pauseMs
        end(result)
      }
    }
  }

  return {
    enter() {
      if (openUntil === undefined) return plain
      const restMs = openUntil - now()
      if (restMs <= 0 && !isProbing) return probe()
      throw notCalled(Math.max(restMs, isProbing ? pauseMs : 0))
    },
    isOpen: () => openUntil !== undefined
  }
}

/** The answers of a gateway whose backend is down (RFC 9110, sections 15.6.3 to 15.6.5). */
const OF_GATEWAYS: ReadonlySet<number> = new Set([502, 503, 504])

/** The result of a call for the breaker. Any answer of the remote, also a rejected login, shows that it is up; a disconnected client shows nothing. */
function judge(result: ServiceError | undefined): 'answered' | 'failed' | 'neither' {
  if (result === undefined) return 'answered'
  const { code, remoteStatus } = result
  if (code === 'client_gone' || code === 'overloaded') return 'neither'
  const isDown =
    code === 'remote_failed' ||
    code === 'remote_timeout' ||
    (remoteStatus !== undefined && OF_GATEWAYS.has(remoteStatus))
  return isDown ? 'failed' : 'answered'
}

function notCalled(restMs: number): ServiceError {
  return new ServiceError('remote_failed', 'not called, since it failed before', {
    status: 500,
    reason: NOT_CALLED,
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(restMs / 1000))) }
  })
}
