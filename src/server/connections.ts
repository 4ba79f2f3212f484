/** Connections to other services: remotes, endpoints, directories. They are closed with the application. */
import { createLdapConnection } from '../check/groups/ldap/ldap-connection.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Services } from '../protocols/services.ts'
import type { ByteBudget } from '../remote/byte-budget.ts'
import { createEndpoint } from '../remote/endpoint.ts'
import { createRemote } from '../remote/remote.ts'

export interface Connections
  extends Pick<Services, 'connect' | 'connectEndpoint' | 'connectDirectory'> {
  readonly close: () => Promise<void>
}

export interface ConnectionsOptions {
  readonly userAgent: string
  /** The bytes of replies count in it. */
  readonly budget: ByteBudget
}

interface Closable {
  readonly close: () => void | Promise<void>
}

/** Makes connections that are closed together, and whose calls the metrics count by their host. */
export function createConnections(
  metrics: Metrics,
  { userAgent, budget }: ConnectionsOptions
): Connections {
  const opened: Closable[] = []

  function keep<Connection extends Closable>(connection: Connection): Connection {
    opened.push(connection)
    return connection
  }

  const observe = (url: string) => metrics.observeCalls(new URL(url).host)

  return {
    connect: (options) =>
      keep(createRemote({ ...options, userAgent, budget, onOutcome: observe(options.url) })),
    connectEndpoint: (url, options) =>
      keep(createEndpoint({ ...options, userAgent, budget, onOutcome: observe(url) })),
    connectDirectory: (options) =>
      keep(createLdapConnection({ ...options, onOutcome: observe(options.url) })),
    async close() {
      await Promise.all(opened.map((connection) => connection.close()))
    }
  }
}
