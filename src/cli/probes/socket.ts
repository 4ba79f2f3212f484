/** Probes of services that speak something else than HTTP: Redis, LDAP. */
import { once } from 'node:events'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import type { Address, Reach } from './probe.ts'
import { createProbeTls } from './tls.ts'

/** The ports of schemes whose URLs may leave it out. */
const PORTS: ReadonlyMap<string, number> = new Map([
  ['redis:', 6379],
  ['rediss:', 6379],
  ['ldap:', 389],
  ['ldaps:', 636]
])
const SECURE = ['rediss:', 'ldaps:']

/** Connects, by TLS where the scheme says so. Nothing is sent: a bind would take a password. */
export const probeConnection: Reach = async (address, signal) => {
  const socket = await open(address, signal)
  socket.destroy()
  return `takes connections${isSecure(address) ? ', by TLS' : ''}`
}

/** Says PING. A server that wants a password first refuses that, and is there all the same. */
export const probeRedis: Reach = async (address, signal) => {
  const socket = await open(address, signal)
  try {
    socket.write('PING\r\n')
    const [data] = (await once(socket, 'data', { signal })) as [Buffer]
    const line = data.toString('latin1').split('\r\n', 1)[0] ?? ''
    if (line === '+PONG') return 'answers as Redis'
    if (/^-(NOAUTH|NOPERM|DENIED|LOADING)\b/.test(line)) return `answers as Redis: ${line.slice(1)}`
    throw new Error('answers, but not as Redis')
  } finally {
    socket.destroy()
  }
}

async function open(address: Address, signal: AbortSignal): Promise<Socket> {
  const { hostname, protocol, port } = address.url
  // The URL parser keeps the brackets around an IPv6 address.
  const host = hostname.replace(/^\[|\]$/g, '')
  const to = { host, port: port === '' ? (PORTS.get(protocol) ?? 0) : Number(port) }
  const socket = isSecure(address)
    ? connectSecure({
        ...to,
        ...createProbeTls(address.tls),
        servername: isIP(host) === 0 ? host : ''
      })
    : connectPlain(to)
  // It has no other listener between two waits, and would end the process there.
  socket.on('error', () => {})
  try {
    await once(socket, isSecure(address) ? 'secureConnect' : 'connect', { signal })
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function isSecure({ url }: Address): boolean {
  return SECURE.includes(url.protocol)
}
