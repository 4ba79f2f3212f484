/** Tunnels through a proxy: CONNECT (RFC 9110, section 9.3.6). TLS to the other side runs inside of it, so the proxy cannot read a call. */
import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { isIP, type Socket } from 'node:net'
import { isTlsFailure, proxyFailed } from '../remote-errors.ts'
import type { OutgoingProxy } from './proxies.ts'

interface TunnelOptions {
  readonly proxy: OutgoingProxy
  /** Host and port of the other side. */
  readonly authority: string
  readonly timeoutMs: number
}

/** @param done called once: with the connection, or with the error */
export function openTunnel(
  { proxy, authority, timeoutMs }: TunnelOptions,
  done: (error: Error | null, socket?: Socket) => void
): void {
  const request = (proxy.url.protocol === 'https:' ? requestSecure : requestPlain)(proxy.url, {
    method: 'CONNECT',
    path: authority,
    agent: false,
    headers: { host: authority, ...proxyHeaders(proxy) },
    // Else the name in the Host field, which is that of the other side, would be expected in the certificate of the proxy.
    servername: serverNameOf(proxy.url),
    // Explicit, so that no environment variable can disable it.
    rejectUnauthorized: true
  })
  const timer = setTimeout(() => {
    request.destroy(
      Object.assign(new Error('connect timeout'), { code: 'UND_ERR_CONNECT_TIMEOUT' })
    )
  }, timeoutMs)
  let isDone = false

  function end(error: Error | null, socket?: Socket): void {
    if (isDone) return
    isDone = true
    clearTimeout(timer)
    done(error, socket)
  }

  request
    .once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
      // The receiver of the connection has its own error listener.
      if (statusCode >= 200 && statusCode < 300 && head.length === 0) {
        end(null, socket)
        return
      }
      socket.on('error', () => {})
      socket.destroy()
      end(
        proxyFailed(
          head.length > 0
            ? 'proxy answered CONNECT with more than an answer'
            : `proxy answered CONNECT with the status ${statusCode}`
        )
      )
    })
    .on('error', (error) => end(toProxyError(error)))
    .end()
}

/** The host of a URL, whose parser keeps the brackets around an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

/** The name that the certificate of a URL's host is for; empty for an address, which is no server name (RFC 6066, section 3). */
export function serverNameOf(url: URL): string {
  const host = hostOf(url)
  return isIP(host) === 0 ? host : ''
}

/** The header of a proxy for its user. */
export function proxyHeaders({ authorization }: OutgoingProxy): Readonly<Record<string, string>> {
  return authorization === undefined ? {} : { 'proxy-authorization': authorization }
}

/** The error for a connection to the proxy that failed. A timeout stays one. */
export function toProxyError(error: NodeJS.ErrnoException): Error {
  const { code = '' } = error
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return error
  return proxyFailed(describe(error))
}

/** An error before the proxy has answered. */
function describe(error: NodeJS.ErrnoException): string {
  const { code = '' } = error
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'proxy closed the connection'
  if (code.startsWith('HPE_')) return 'proxy answered CONNECT with no valid HTTP'
  return isTlsFailure(error) ? 'TLS failure of the proxy' : 'proxy cannot be reached'
}
