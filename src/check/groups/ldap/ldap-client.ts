/** A client of one server of an LDAP directory: its sockets, TLS and bind. */
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { Client } from 'ldapts'
import type { EndpointTls } from '../../../remote/endpoint.ts'
import { createTlsOptions } from '../../../remote/tls-options.ts'

export interface LdapServer {
  /** `ldap://` or `ldaps://`, with a host and maybe a port. */
  readonly url: string
  /** Whether an `ldap://` connection switches to TLS before anything else is sent on it (RFC 4511, section 4.14). */
  readonly startTls: boolean
  readonly tls?: EndpointTls | undefined
  /** The account that searches. Left out, the search is anonymous. */
  readonly bind?: { readonly dn: string; readonly password: string } | undefined
}

/** A client whose sockets are watched: its own idea of being connected does not outlast StartTLS. */
export interface LdapClient {
  /** Runs searches by pages one after the other: some directories remember one of them for a connection. */
  readonly inTurn: <Result>(run: () => Promise<Result>) => Promise<Result>
  /** Once TLS and bind are through. */
  readonly client: Promise<Client>
  readonly isOpen: () => boolean
  readonly destroy: () => void
}

/** TLS to the server, for `ldaps://` and for StartTLS. */
export function createLdapTlsOptions({ url, tls = {} }: LdapServer): ConnectionOptions {
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

/** Connects and binds at once. The client cannot be used once one of its sockets has closed. */
export function openClient(
  { url, startTls, bind }: LdapServer,
  tlsOptions: ConnectionOptions
): LdapClient {
  const sockets: Socket[] = []
  let isOpen = true

  function destroy(): void {
    isOpen = false
    for (const socket of sockets) {
      // The waiting callers have the error already.
      socket.on('error', () => {})
      socket.destroy()
    }
  }

  function watch<Kind extends Socket>(socket: Kind): Kind {
    sockets.push(socket)
    socket.on('close', destroy)
    // No caller is waiting for it.
    if (!isOpen) socket.destroy()
    return socket
  }

  async function connectAndBind(): Promise<Client> {
    const { Client } = await import('ldapts')
    const client = new Client({
      url,
      createConnection: ((...to: Parameters<typeof connectPlain>) =>
        watch(connectPlain(...to))) as typeof connectPlain,
      createSecureConnection: ((...to: Parameters<typeof connectTls>) =>
        watch(connectTls(...to))) as typeof connectTls,
      ...(url.startsWith('ldaps:') && { tlsOptions })
    })
    if (startTls) await client.startTLS({ ...tlsOptions })
    await client.bind(bind?.dn ?? '', bind?.password ?? '')
    return client
  }

  let last: Promise<unknown> = Promise.resolve()
  function inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = last.then(run)
    last = result.catch(() => {})
    return result
  }

  const client = connectAndBind()
  client.catch(destroy)
  return { client, isOpen: () => isOpen, destroy, inTurn }
}
