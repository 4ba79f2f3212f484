/** How addresses are tried without credentials but a client certificate: HTTP services, JWK Sets, LDAP. Redis connects as the service does. */
import { once } from 'node:events'
import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { ALGORITHMS } from '../../keys/key.ts'
import { createFetchJwks } from '../../keys/remote/fetch-jwks.ts'
import { JwksError } from '../../keys/remote/jwks-error.ts'
import { limitsOf } from '../../keys/remote/remote-key-source.ts'
import { selectKeys } from '../../keys/remote/select-keys.ts'
import type { AddressTls, OpenAddress } from '../../remote/address.ts'
import { createAgents } from '../../remote/proxy/agents.ts'
import type { ProxyFor } from '../../remote/proxy/proxies.ts'
import { IDENTITY } from '../../remote/reply-body.ts'
import { createTlsOptions } from '../../remote/tls-options.ts'

/**
 * Connects to an address.
 * @returns a description of the answer
 * @throws Error with the reason
 */
type Reach = (address: OpenAddress, options: ReachOptions) => Promise<string | Unclear>

/** An answer that may be that of a good setting, or of a wrong one. */
interface Unclear {
  readonly found: string
  readonly isUnclear: boolean
}

interface ReachOptions {
  /** Aborts it when its time is up. */
  readonly signal: AbortSignal
  readonly deadlineMs: number
  readonly proxyFor: ProxyFor
}

export const REACH: Readonly<Record<OpenAddress['kind'], Reach>> = {
  http: reachHttp,
  jwks: fetchJwkSet,
  ldap: connectOnly
}

/**
 * Sends a HEAD, which is safe (RFC 9110, section 9.2.1). A login API may well reject one with a 4xx; a redirect, which no call
 * follows, and an error of the server would fail every login.
 */
function reachHttp(
  { url, tls, proxy }: OpenAddress,
  { signal, deadlineMs, proxyFor }: ReachOptions
): Promise<Unclear> {
  return new Promise((resolve, reject) => {
    const headers = { 'accept-encoding': IDENTITY }
    const agents = createAgents({
      tls: toConnectOptions(tls),
      keepAlive: false,
      proxy: proxyFor(url, proxy),
      timeoutMs: deadlineMs
    })
    const options = { method: 'HEAD', headers, signal } as const
    const request =
      url.protocol === 'https:'
        ? requestSecure(url, { ...options, agent: agents.https })
        : requestPlain(url, { ...options, agent: agents.http })
    request
      .once('response', (response) => {
        response.destroy()
        const { isGood, isUnclear = false, found } = judgeStatus(response.statusCode ?? 0)
        if (isGood) resolve({ found, isUnclear })
        else reject(new Error(found))
      })
      .once('error', (error) => {
        if (url.protocol === 'http:' && isClosed(error)) {
          void usesTls(url, signal).then((found) => reject(found ? new Error(NEEDS_TLS) : error))
        } else reject(error)
      })
      .end()
  })
}

function judgeStatus(status: number): Partial<Unclear> & { isGood: boolean; found: string } {
  const found = `answers HTTP, status ${status} to HEAD`
  if (status >= 300 && status < 400) {
    return { isGood: false, found: `${found}: no redirect is followed, expected the last URL` }
  }
  // 501 is the answer of a server that does not know HEAD.
  if (status >= 500 && status !== 501) {
    return { isGood: false, found: `${found}: the server fails, and logins would` }
  }
  if (status === 404 || status === 410) {
    return {
      isGood: true,
      isUnclear: true,
      found: `${found}: is the path right? A route for POST alone may answer so`
    }
  }
  return { isGood: true, found }
}

const NEEDS_TLS = 'the server uses TLS on this port: expected https:// in the URL'

/** How a server that expects TLS ends a connection on which it gets HTTP: it closes it, or sends an alert, which is not HTTP. */
function isClosed({ code = '' }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code.startsWith('HPE_')
}

/** Whether a TLS handshake succeeds, whatever the certificate is: nothing is sent by this connection. */
async function usesTls({ hostname, port }: URL, signal: AbortSignal): Promise<boolean> {
  const socket = connectSecure({
    host: unbracket(hostname),
    port: port === '' ? 80 : Number(port),
    rejectUnauthorized: false
  })
  socket.on('error', () => {})
  try {
    await once(socket, 'secureConnect', { signal })
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** The most listed reasons; a set may have many keys for other purposes. */
const MOST_REASONS = 5

/**
 * Fetches the set as the service would, and counts the keys that it could use: without any, its tokens would all be rejected.
 * The rules of the configuration have already decided whether plain HTTP is allowed for the URL that they have.
 */
async function fetchJwkSet(
  { url, tls, proxy, jwkSet = { algorithms: ALGORITHMS } }: OpenAddress,
  { signal, proxyFor }: ReachOptions
): Promise<string> {
  const fetchJwks = createFetchJwks({
    url: url.href,
    issuers: jwkSet.issuers,
    allowHttp: jwkSet.allowHttp ?? true,
    tls,
    proxy,
    proxyFor,
    ...limitsOf(jwkSet),
    now: Date.now
  })
  const reply = await fetchJwks(undefined, signal)
  if (reply instanceof JwksError) throw reply
  const { jwks = [] } = reply
  const algorithms = ALGORITHMS.filter((alg) => jwkSet.algorithms.includes(alg))
  const { usable, rejections } = selectKeys(jwks, { kid: jwkSet.kid, algorithms })
  const found = `a JWK Set with ${jwks.length} ${jwks.length === 1 ? 'key' : 'keys'}, ${usable} of them usable`
  const text = [found, ...rejections.slice(0, MOST_REASONS)].join('; ')
  if (usable === 0) throw new Error(text)
  return text
}

/** Connects, over TLS where the scheme requires it. Sends nothing: a bind would need a password. */
async function connectOnly(address: OpenAddress, { signal }: ReachOptions): Promise<string> {
  const socket = await open(address, signal)
  socket.destroy()
  return `takes connections${isSecure(address) ? ', by TLS' : ''}`
}

/** The ports of schemes whose URLs may leave it out. */
const PORTS: ReadonlyMap<string, number> = new Map([
  ['ldap:', 389],
  ['ldaps:', 636]
])
const SECURE = 'ldaps:'

async function open(address: OpenAddress, signal: AbortSignal): Promise<Socket> {
  const { hostname, protocol, port } = address.url
  const host = unbracket(hostname)
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

/** The URL parser keeps the brackets around an IPv6 address. */
function unbracket(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function isSecure({ url }: OpenAddress): boolean {
  return url.protocol === SECURE
}

/** The same TLS as in the service. */
function toConnectOptions({ cert, key, ...settings }: AddressTls = {}) {
  return {
    ...createTlsOptions(settings),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key })
  }
}
