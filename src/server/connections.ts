/** Connections that checks need beside keys. They end with the application. */
import { createLdapConnection } from '../check/groups/ldap/ldap-connection.ts'
import type { Metrics } from '../operations/metrics.ts'
import type { Services } from '../protocols/services.ts'
import { createEndpoint, type Endpoint } from '../remote/endpoint.ts'
import type { CallOutcome } from '../remote/remote.ts'

export interface Connections extends Pick<Services, 'connectEndpoint' | 'connectDirectory'> {
  readonly close: () => void
}

/** Makes connections that are closed together, and whose calls the metrics count by their host. */
export function createConnections(metrics: Metrics, userAgent: string): Connections {
  const opened: Pick<Endpoint, 'close'>[] = []

  function keep<Connection extends Pick<Endpoint, 'close'>>(connection: Connection): Connection {
    opened.push(connection)
    return connection
  }

  function createObserver(url: string) {
    const { host } = new URL(url)
    return (outcome: CallOutcome, seconds: number) =>
      metrics.remoteCallEnded(host, outcome, seconds)
  }

  return {
    connectEndpoint: (url, options) =>
      keep(createEndpoint({ ...options, userAgent, onOutcome: createObserver(url) })),
    connectDirectory: (options) =>
      keep(createLdapConnection({ ...options, onOutcome: createObserver(options.url) })),
    close() {
      for (const connection of opened) connection.close()
    }
  }
}
