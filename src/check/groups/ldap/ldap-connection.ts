/** A connection to an LDAP directory: opened when it is needed, kept, and opened again after it was closed. */
import { connect, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { Client, Entry, SearchOptions } from 'ldapts'
import { checkUnavailable } from '../../../errors.ts'
import type { EndpointTls } from '../../../remote/endpoint.ts'
import { measure } from '../../../remote/measure.ts'
import type { CallOutcome } from '../../../remote/remote.ts'
import { createTlsOptions } from '../../../remote/tls-options.ts'

export interface LdapConnectionOptions {
  /** `ldap://` or `ldaps://`, with a host and maybe a port. */
  readonly url: string
  /** Whether an `ldap://` connection becomes a TLS one before anything else is sent on it (RFC 4511, section 4.14). */
  readonly startTls: boolean
  readonly tls?: EndpointTls | undefined
  /** The account that searches. Left out, the search is anonymous. */
  readonly bind?: { readonly dn: string; readonly password: string } | undefined
  /** For a search and, where there is no connection, for opening one: all of it together. */
  readonly timeoutMs: number
  /** Called with the outcome of each search, and how long it took. */
  readonly onOutcome: (outcome: CallOutcome, seconds: number) => void
}

interface LdapSearch extends SearchOptions {
  readonly base: string
  readonly filter: string
}

export interface LdapConnection {
  /** Gives all entries that are found. Rejects with a ServiceError `check_unavailable` where not all of them came in time. */
  readonly search: (search: LdapSearch) => Promise<Entry[]>
  readonly close: () => void
}

/** A client whose sockets are watched: its own idea of being connected does not outlast StartTLS. */
interface OpenClient {
  /** Once TLS and bind are through. */
  readonly client: Promise<Client>
  readonly isOpen: () => boolean
  readonly destroy: () => void
}

/** @throws TypeError for settings that cannot be followed */
export function createLdapConnection(options: LdapConnectionOptions): LdapConnection {
  const { timeoutMs, bind, onOutcome } = options
  const tlsOptions = createLdapTlsOptions(options)
  // With an empty password a directory accepts any name, and treats the caller as anonymous (RFC 4513, section 5.1.2).
  if (bind?.password === '') throw new TypeError('found an empty password, expected one')
  let current: OpenClient | undefined

  async function searchOnce({ base, ...search }: LdapSearch, deadline: Promise<never>) {
    if (current?.isOpen() !== true) current = open(options, tlsOptions)
    const { isOpen, destroy } = current
    try {
      const client = await Promise.race([current.client, deadline])
      // The client would open a lost connection again, without TLS and bind.
      if (!isOpen()) throw new Error('found the connection closed')
      const { searchEntries } = await Promise.race([client.search(base, search), deadline])
      return searchEntries
    } catch (error) {
      if (!isRefusal(error)) destroy()
      throw error
    }
  }

  async function search(wanted: LdapSearch): Promise<Entry[]> {
    const wasOpen = current?.isOpen() === true
    const signal = AbortSignal.timeout(timeoutMs)
    const deadline = rejectOnAbort(signal)
    try {
      return await searchOnce(wanted, deadline)
    } catch (error) {
      // The directory may have closed an idle connection just when it was used.
      if (!wasOpen || signal.aborted || isRefusal(error)) throw checkUnavailable(error)
    }
    return searchOnce(wanted, deadline).catch((error) => {
      throw checkUnavailable(error)
    })
  }

  return { search: measure(search, onOutcome), close: () => current?.destroy() }
}

function createLdapTlsOptions({ url, tls = {} }: LdapConnectionOptions): ConnectionOptions {
  const { ca, ...pair } = tls
  const { hostname } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  return {
    ...createTlsOptions({ ca }),
    ...pair,
    // The name that the certificate has to have; StartTLS has no other source for it.
    host,
    ...(isIP(host) === 0 && { servername: host })
  }
}

function open(
  { url, startTls, bind }: LdapConnectionOptions,
  tlsOptions: ConnectionOptions
): OpenClient {
  const sockets: Socket[] = []
  let isOpen = true

  function destroy(): void {
    isOpen = false
    for (const socket of sockets) {
      // The callers that wait have the error already.
      socket.on('error', () => {})
      socket.destroy()
    }
  }

  function watch<Kind extends Socket>(socket: Kind): Kind {
    sockets.push(socket)
    socket.on('close', destroy)
    // No caller waits for it any more.
    if (!isOpen) socket.destroy()
    return socket
  }

  async function connectAndBind(): Promise<Client> {
    const { Client } = await import('ldapts')
    const client = new Client({
      url,
      createConnection: ((...to: Parameters<typeof connect>) =>
        watch(connect(...to))) as typeof connect,
      createSecureConnection: ((...to: Parameters<typeof connectTls>) =>
        watch(connectTls(...to))) as typeof connectTls,
      ...(url.startsWith('ldaps:') && { tlsOptions })
    })
    if (startTls) await client.startTLS({ ...tlsOptions })
    await client.bind(bind?.dn ?? '', bind?.password ?? '')
    return client
  }

  const client = connectAndBind()
  client.catch(destroy)
  return { client, isOpen: () => isOpen, destroy }
}

/** Whether the directory has answered with an error: the connection is still usable (RFC 4511, section 4.1.9). */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'number'
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const expire = () => reject(new Error('found no whole answer in time'))
    signal.addEventListener('abort', expire, { once: true })
  })
}
