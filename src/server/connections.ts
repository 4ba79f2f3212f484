/** Connections to other services: remotes, endpoints, directories. They are closed with the application. */
import { createLdapDirectory } from '../check/groups/ldap/ldap-directory.ts'
import type { Logger } from '../operations/logger.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Services } from '../protocols/services.ts'
import type { RemoteOutcome } from '../protocols/workbench/status.ts'
import type { ByteBudget } from '../remote/byte-budget.ts'
import { createEndpoint } from '../remote/endpoint.ts'
import type { CallOutcome } from '../remote/outcome.ts'
import type { ProxyFor } from '../remote/proxy/proxies.ts'
import { createRemote } from '../remote/remote.ts'
import type { Breakers } from './breakers.ts'

export interface Connections
  extends Pick<Services, 'connect' | 'connectEndpoint' | 'connectDirectory'> {
  /** How the last call to each host ended. */
  readonly outcomes: () => readonly RemoteOutcome[]
  readonly close: () => Promise<void>
}

export interface ConnectionsOptions {
  readonly userAgent: string
  /** The bytes of replies count in it. */
  readonly budget: ByteBudget
  readonly breakers: Breakers
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** The proxy of calls. */
  readonly proxyFor: ProxyFor
  readonly logger: Logger
}

interface Closable {
  readonly close: () => void | Promise<void>
}

/** Makes connections that are closed together, and whose calls the metrics count by their host. */
export function createConnections(
  metrics: Metrics,
  { userAgent, budget, breakers, now, proxyFor, logger }: ConnectionsOptions
): Connections {
  const opened: Closable[] = []

  function keep<Connection extends Closable>(connection: Connection): Connection {
    opened.push(connection)
    return connection
  }

  /** By host: as many as the configuration names. */
  const last = new Map<string, Omit<RemoteOutcome, 'remote'>>()

  function observe(url: string) {
    const { host } = new URL(url)
    const count = metrics.observeCalls(host)
    last.set(host, { outcome: undefined, at: undefined })
    return function noteOutcome(outcome: CallOutcome, seconds: number): void {
      last.set(host, { outcome, at: now() })
      count(outcome, seconds)
    }
  }

  function reportDirectory(url: string, fault: string | undefined): void {
    const { host: server } = new URL(url)
    if (fault === undefined) logger.info({ server }, 'directory server works again')
    else logger.warn({ server, error: fault }, 'directory server failed')
  }

  return {
    connect({ breaker: settings, proxy: setting, ...options }) {
      const { url } = options
      const breaker = settings && breakers.acquire(url, settings)
      if (breaker !== undefined) opened.push({ close: breaker.release })
      const proxy = proxyFor(new URL(url), setting)
      const onOutcome = observe(url)
      return keep(createRemote({ ...options, breaker, proxy, userAgent, budget, onOutcome }))
    },
    connectEndpoint(url, { proxy: setting, ...options }) {
      const proxy = proxyFor(new URL(url), setting)
      return keep(createEndpoint({ ...options, proxy, userAgent, budget, onOutcome: observe(url) }))
    },
    connectDirectory: (options) =>
      keep(createLdapDirectory({ ...options, observe, report: reportDirectory })),
    outcomes: () => Array.from(last, ([remote, one]) => ({ remote, ...one })),
    async close() {
      await Promise.all(opened.map((connection) => connection.close()))
    }
  }
}
