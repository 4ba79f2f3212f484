/** A directory with several servers: the first one that works is asked, and remembered. */
import type { Entry } from 'ldapts'
import { checkUnavailable } from '../../../errors.ts'
import type { CallOutcome } from '../../../remote/outcome.ts'
import type { LdapServer } from './ldap-client.ts'
import {
  createLdapConnection,
  type LdapConnection,
  type LdapSearch,
  ServerFault
} from './ldap-connection.ts'

export interface LdapDirectoryOptions {
  /** In the order in which they are asked. */
  readonly servers: readonly LdapServer[]
  /** For a whole look-up on all servers, including connecting to them. */
  readonly timeoutMs: number
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Makes the function that is called with the outcome of each search on a server, and how long it took. */
  readonly observe: (url: string) => (outcome: CallOutcome, seconds: number) => void
  /**
   * Called when a server fails that has worked, and when it works again.
   * @param fault the reason; undefined when it works again
   */
  readonly report: (url: string, fault: string | undefined) => void
}

/** Returns all entries found on one server. */
export type SearchDirectory = (search: LdapSearch) => Promise<Entry[]>

export interface LdapDirectory {
  /**
   * Runs a look-up, which may search several times, on one server; and again on the next one where that server does not answer or
   * reports that it cannot. Rejects with a ServiceError `check_unavailable` where no server has answered in time.
   */
  readonly ask: <Result>(
    lookUp: (search: SearchDirectory, server: object) => Promise<Result>
  ) => Promise<Result>
  readonly close: () => void
}

interface Server {
  readonly connection: LdapConnection
  /** When it last failed, in milliseconds since 1970. Undefined while it works. */
  failedAt: number | undefined
}

/** How long a failed server is asked only after working ones. Then it is tried, while another one answers. */
const RETRY_AFTER_MS = 30_000

/** @throws TypeError for settings that cannot be followed */
export function createLdapDirectory(options: LdapDirectoryOptions): LdapDirectory {
  const { timeoutMs, now, observe, report } = options
  const servers = options.servers.map(
    (server): Server => ({
      connection: createLdapConnection({ ...server, onOutcome: observe(server.url) }),
      failedAt: undefined
    })
  )

  function noteFault(server: Server, fault: string): void {
    if (server.failedAt === undefined) report(server.connection.url, fault)
    server.failedAt = now()
  }

  function noteAnswer(server: Server): void {
    if (server.failedAt !== undefined) report(server.connection.url, undefined)
    server.failedAt = undefined
  }

  /** No look-up waits for a server that may still be down. */
  function tryFailedServers(): void {
    const time = now()
    for (const server of servers) {
      const { failedAt, connection } = server
      if (failedAt === undefined || Math.abs(time - failedAt) < RETRY_AFTER_MS) continue
      server.failedAt = time
      connection.open(AbortSignal.timeout(timeoutMs)).then(
        () => noteAnswer(server),
        () => {}
      )
    }
  }

  async function ask<Result>(
    lookUp: (search: SearchDirectory, server: object) => Promise<Result>
  ): Promise<Result> {
    if (servers.length > 1) tryFailedServers()
    const isFailed = ({ failedAt }: Server) => failedAt !== undefined
    const order = servers.toSorted((a, b) => Number(isFailed(a)) - Number(isFailed(b)))
    return askInTurn(order, timeoutMs, {
      ask: ({ connection }, signal) =>
        lookUp((search) => connection.search(search, signal), connection),
      onAnswer: noteAnswer,
      onFault: noteFault
    })
  }

  return {
    ask,
    close() {
      for (const { connection } of servers) connection.close()
    }
  }
}

interface Turns<Server, Result> {
  readonly ask: (server: Server, signal: AbortSignal) => Promise<Result>
  readonly onAnswer: (server: Server) => void
  /** Called for a server that failed, and for one that was still silent when a later one had answered. */
  readonly onFault: (server: Server, reason: string) => void
}

/**
 * Asks one server after the other. The next one is asked when one fails, and also when it has been silent for its share of the time:
 * a server that is slow may still be the first to answer.
 */
function askInTurn<Server, Result>(
  servers: readonly Server[],
  timeoutMs: number,
  { ask, onAnswer, onFault }: Turns<Server, Result>
): Promise<Result> {
  const total = AbortSignal.timeout(timeoutMs)
  const silent = new Map<Server, AbortController>()
  const faults: string[] = []
  let next = 0

  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined

    /** Servers that were asked before the one that has answered are not waited for. */
    function finish(answered: Server): void {
      clearTimeout(timer)
      next = servers.length
      for (const server of servers) {
        if (server === answered) break
        const aborter = silent.get(server)
        if (aborter === undefined) continue
        silent.delete(server)
        onFault(server, 'no answer before that of the next server')
        aborter.abort()
      }
    }

    function fail(server: Server, error: unknown): void {
      if (!silent.delete(server)) return
      const fault = faultOf(error)
      if (fault === undefined) {
        finish(server)
        reject(error)
        return
      }
      onFault(server, fault.message)
      faults.push(fault.message)
      if (total.aborted) next = servers.length
      if (next < servers.length) start()
      else if (silent.size === 0) reject(checkUnavailable(new Error(faults.join('; '), fault)))
    }

    function start(): void {
      clearTimeout(timer)
      const server = servers[next]
      if (server === undefined) return
      next++
      const aborter = new AbortController()
      silent.set(server, aborter)
      ask(server, AbortSignal.any([total, aborter.signal])).then(
        (result) => {
          silent.delete(server)
          onAnswer(server)
          finish(server)
          resolve(result)
        },
        (error) => fail(server, error)
      )
      if (next < servers.length) timer = setTimeout(start, timeoutMs / servers.length)
    }

    start()
  })
}

/** The failure of the server, if it is one. */
function faultOf(error: unknown): ServerFault | undefined {
  const { cause } = error as { readonly cause?: unknown }
  return cause instanceof ServerFault ? cause : undefined
}
