/** The breakers of all remotes. Sources with the same remote share one, and a reload does not change it. */
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import { type Breaker, type BreakerSettings, createBreaker } from '../remote/breaker.ts'

export interface Breakers {
  /** The breaker of the remote of a URL. The caller has to release it. */
  readonly acquire: (
    url: string,
    settings: BreakerSettings
  ) => Pick<Breaker, 'enter'> & { readonly release: () => void }
}

interface Shared extends Pick<Breaker, 'enter'> {
  users: number
  /** Counts it as closed. */
  readonly drop: () => void
}

/** Makes breakers that are kept as long as they are used, and report to log and metrics. */
export function createBreakers({
  logger,
  metrics
}: {
  readonly logger: Logger
  readonly metrics: Metrics
}): Breakers {
  const all = new Map<string, Shared>()

  function create(host: string, settings: BreakerSettings): Shared {
    const remoteDown = metrics.observeDown(host)
    let isDropped = false
    const breaker = createBreaker({
      ...settings,
      now: () => performance.now(),
      onOpen({ code, message, remoteStatus }) {
        // Calls that outlive the configuration are not reported.
        if (isDropped) return
        remoteDown(true)
        const { failures, pauseMs } = settings
        logger.error(
          { remote: host, failures, pauseMs, code, error: message, remoteStatus },
          'remote is down, calls to it fail at once'
        )
      },
      onClose() {
        if (isDropped) return
        remoteDown(false)
        logger.info({ remote: host }, 'remote answers again')
      }
    })
    return {
      enter: breaker.enter,
      users: 0,
      drop() {
        if (breaker.isOpen()) remoteDown(false)
        isDropped = true
      }
    }
  }

  return {
    acquire(url, settings) {
      const { origin, host } = new URL(url)
      const name = JSON.stringify([origin, settings.failures, settings.pauseMs])
      const shared = all.get(name) ?? create(host, settings)
      all.set(name, shared)
      shared.users++
      return {
        enter: shared.enter,
        release() {
          shared.users--
          if (shared.users > 0) return
          all.delete(name)
          shared.drop()
        }
      }
    }
  }
}
