/** The requirement of revocation: it rejects revoked tokens, and every token while the list may be incomplete. */
import { invalidToken } from '../errors.ts'
import type { StartTimer } from '../keys/timer.ts'
import type { Log } from '../log-messages.ts'
import type { RevocableToken } from './revocation-list.ts'
import { type Revocations, storeUnavailable } from './revocations.ts'

/** The behaviour of checks while the store is unavailable: reject every token, or go on with the list in memory for some time. */
export type WhenUnavailable = 'closed' | { readonly openForMs: number }

export interface RevocationRequirement {
  /** Throws a ServiceError: `invalid_token` with the reason `revoked`, or `check_unavailable`. */
  readonly isNotRevoked: (verified: RevocableToken) => void
  /** Rejects nothing. It comes last, so that it counts only tokens that pass. */
  readonly countOpenCheck: () => void
  readonly close: () => void
}

export interface RevocationRequirementOptions {
  readonly revocations: Revocations
  readonly whenUnavailable: WhenUnavailable
  readonly startTimer: StartTimer
  readonly log: Pick<Log, 'info' | 'warn'>
  /** Called for each token that passes although the list may be incomplete. */
  readonly onOpenCheck: () => void
}

/** A list that was never read has no revocations, so the requirement begins closed whatever the setting is. */
export function createRevocationRequirement(
  options: RevocationRequirementOptions
): RevocationRequirement {
  const { revocations, whenUnavailable, startTimer, log, onOpenCheck } = options
  let isComplete = revocations.isAvailable()
  let isOpen = false
  let stopTimer: (() => void) | undefined

  async function endOpenTime(): Promise<void> {
    isOpen = false
    log.warn({}, 'revocation store still unavailable, tokens are rejected from now on')
  }

  function lostStore(reason: string | undefined): void {
    isComplete = false
    // The list outlives a reload, with the time since it is incomplete: the open time counts from there.
    const openForMs = whenUnavailable === 'closed' ? 0 : whenUnavailable.openForMs
    const leftMs = openForMs - revocations.unavailableForMs()
    if (leftMs <= 0) {
      log.warn({ reason }, 'revocation store unavailable, tokens are rejected')
      return
    }
    isOpen = true
    stopTimer = startTimer(endOpenTime, leftMs)
    const seconds = leftMs / 1000
    log.warn({ reason, seconds }, 'revocation store unavailable, tokens are checked without it')
  }

  if (!isComplete) lostStore(revocations.reason())
  const stopListening = revocations.onAvailability((isAvailable, reason) => {
    stopTimer?.()
    if (!isAvailable) {
      lostStore(reason)
      return
    }
    isComplete = true
    isOpen = false
    log.info({}, 'revocation store available')
  })

  return {
    isNotRevoked(verified) {
      if (!isComplete && !isOpen) {
        throw storeUnavailable(new Error(`revocation store: ${revocations.reason()}`))
      }
      if (revocations.isRevoked(verified)) throw invalidToken('Token is revoked', 'revoked')
    },
    countOpenCheck() {
      if (!isComplete) onOpenCheck()
    },
    close() {
      stopListening()
      stopTimer?.()
    }
  }
}
