/** How an address of each kind is reached: HTTP services, JWK Sets, Redis, LDAP. No credentials are sent but a client certificate. */
import { once } from 'node:events'
import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { createFetchJwks, JwksError } from '../../keys/remote/fetch-jwks.ts'
import type { Address, AddressTls } from '../../remote/address.ts'
import { createTlsOptions } from '../../remote/tls-options.ts'

/**
 * Connects to an address.
 * @param signal aborts it when its time is up
 * @returns what answered
 * @throws Error with a message that says what went wrong
 */
type Reach = (address: Address, signal: AbortSignal) => Promise<string>

export const REACH: Readonly<Record<Address['kind'], Reach>> = {
  http: reachHttp,
  jwks: fetchJwkSet,
  redis: pingRedis,
  ldap: connectOnly
}

/** HEAD is safe (RFC 9110, section 9.2.1). Any status shows that HTTP is spoken there: a login API may well reject a HEAD. */
function reachHttp({ url, tls }: Address, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { method: 'HEAD', agent: false, signal } as const
    const request =
      url.protocol === 'https:'
        ? requestSecure(url, { ...options, ...toConnectOptions(tls) })
        : requestPlain(url, options)
    request
      .once('response', (response) => {
        response.destroy()
        resolve(`answers HTTP, status ${response.statusCode} to HEAD`)
      })
      .once('error', reject)
      .end()
  })
}

/** As much as any configuration allows; the signal limits the time. */
const JWKS_LIMITS = { timeoutMs: 60_000, maxBytes: 64 * 1024 ** 2, maxKeys: 10_000 }

/** Fetches the set as the service would. The rules of the configuration have already decided whether plain HTTP is allowed. */
async function fetchJwkSet({ url, tls }: Address, signal: AbortSignal): Promise<string> {
  const fetchJwks = createFetchJwks({
    url: url.href,
    allowHttp: true,
    tls,
    ...JWKS_LIMITS,
    now: Date.now
  })
  const reply = await fetchJwks(undefined, signal)
  if (reply instanceof JwksError) throw reply
  const count = reply.jwks?.length ?? 0
  return `a JWK Set with ${count} ${count === 1 ? 'key' : 'keys'}`
}

/** Sends PING. A server that wants a password answers with an error: it is reachable all the same. */
async function pingRedis(address: Address, signal: AbortSignal): Promise<string> {
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

/** Connects, by TLS where the scheme says so. Sends nothing: a bind would need a password. */
async function connectOnly(address: Address, signal: AbortSignal): Promise<string> {
  const socket = await open(address, signal)
  socket.destroy()
  return `takes connections${isSecure(address) ? ', by TLS' : ''}`
}

/** The ports of schemes whose URLs may leave it out. */
const PORTS: ReadonlyMap<string, number> = new Map([
  ['redis:', 6379],
  ['rediss:', 6379],
  ['ldap:', 389],
  ['ldaps:', 636]
])
const SECURE = ['rediss:', 'ldaps:']

async function open(address: Address, signal: AbortSignal): Promise<Socket> {
  const { hostname, protocol, port } = address.url
  // The URL parser keeps the brackets around an IPv6 address.
  const host = hostname.replace(/^\[|\]$/g, '')
  const to = { host, port: port === '' ? (PORTS.get(protocol) ?? 0) : Number(port) }
  const socket = isSecure(address)
    ? connectSecure({
        ...to,
        ...toConnectOptions(address.tls),
        servername: isIP(host) === 0 ? host : ''
      })
    : connectPlain(to)
  // An error between two waits has no other listener, and would end the process.
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

/** The same TLS as that of the service. */
function toConnectOptions({ cert, key, ...settings }: AddressTls = {}) {
  return {
    ...createTlsOptions(settings),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key })
  }
}
