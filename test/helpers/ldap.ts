/** Look-ups in directories, as a route makes them, and servers of a directory that fail in their own ways. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { LdapServer } from '../../src/check/groups/ldap/ldap-client.ts'
import { createLdapDirectory } from '../../src/check/groups/ldap/ldap-directory.ts'
import {
  createLdapGroups,
  type LdapGroupsOptions
} from '../../src/check/groups/ldap/ldap-groups.ts'
import type { Lifetime } from './lifetime.ts'
import { LDAP_BIND, PEOPLE } from './slapd.ts'

export interface LookupOptions
  extends Partial<Omit<LdapServer, 'url'> & Omit<LdapGroupsOptions, 'directory'>> {
  readonly timeoutMs?: number
  readonly now?: () => number
  /** Called with each search on a server: its URL, and how it ended. */
  readonly onOutcome?: (url: string, outcome: string) => void
  /** Called when a server fails that has worked, and when it works again. */
  readonly onReport?: (url: string, fault: string | undefined) => void
}

/** Looks up the groups of subjects in a directory, by their `sub`. */
export function createLdapLookup(
  t: Lifetime,
  urls: string | readonly string[],
  {
    timeoutMs = 20_000,
    now = Date.now,
    onOutcome,
    onReport,
    startTls = false,
    tls,
    ...options
  }: LookupOptions = {}
) {
  const bind = 'bind' in options ? options.bind : LDAP_BIND
  const directory = createLdapDirectory({
    servers: [urls].flat().map((url) => ({ url, startTls, tls, bind })),
    timeoutMs,
    now,
    observe: (url) => (outcome) => onOutcome?.(url, outcome),
    report: (url, fault) => onReport?.(url, fault)
  })
  t.teardown(directory.close)
  const { find } = createLdapGroups({
    directory,
    base: PEOPLE,
    filter: '(uid={sub})',
    from: 'memberOf',
    nested: false,
    take: 'rdn',
    ...options
  })
  const lookUp = (sub: string) => find(new Map([['sub', sub]]))
  return Object.assign(lookUp, { find })
}

async function listen(t: Lifetime, onConnection: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    url: `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections
  }
}

/** Accepts connections and stays silent. */
export function startSilentLdap(t: Lifetime) {
  return listen(t, () => {})
}

/** Accepts each bind, and answers all else with a result (RFC 4511, section 4.1.9), or ends the connection. */
export function startFailingLdap(t: Lifetime, result: number | 'end') {
  return listen(t, (socket) => {
    socket.on('data', (request) => {
      // A sequence, its length, and an integer: the number of the message. Then comes the operation.
      const start = 2 + ((request[1] ?? 0) > 0x80 ? (request[1] ?? 0) - 0x80 : 0)
      const idEnd = start + 2 + (request[start + 1] ?? 0)
      const isBind = request[idEnd] === BIND_REQUEST
      if (request[idEnd] === UNBIND_REQUEST) return
      if (!isBind && result === 'end') {
        socket.destroy()
        return
      }
      const code = isBind ? 0 : Number(result)
      const body = [isBind ? 0x61 : 0x65, 7, 0x0a, 1, code, 4, 0, 4, 0]
      const id = request.subarray(start, idEnd)
      socket.write(Buffer.from([0x30, id.length + body.length, ...id, ...body]))
    })
  })
}

const BIND_REQUEST = 0x60
const UNBIND_REQUEST = 0x42

/** A proxy in front of a directory that, on demand, ends a connection when the next request comes on it. */
export async function startCuttingProxy(t: Lifetime, target: string) {
  const { hostname, port } = new URL(target)
  let isCutting = false
  const proxy = await listen(t, (client) => {
    const directory = connect(Number(port), hostname)
    directory.on('error', () => {})
    client.on('close', () => directory.destroy())
    directory.pipe(client)
    client.on('data', (request) => {
      if (isCutting) client.destroy()
      else directory.write(request)
      isCutting = false
    })
  })
  return {
    ...proxy,
    cutNext() {
      isCutting = true
    }
  }
}
