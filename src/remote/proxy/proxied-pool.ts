/** The pool of connections for one remote behind a proxy. */
import type { Dispatcher } from 'undici'
import buildConnector from 'undici/lib/core/connect.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import type { OutgoingProxy } from './proxies.ts'
import { openTunnel, proxyHeaders, serverNameOf, toProxyError } from './tunnel.ts'

type PoolOptions = NonNullable<ConstructorParameters<typeof Pool>[1]>

interface ProxiedPoolOptions extends PoolOptions {
  /** TLS to the remote, and the time for connecting. */
  readonly connect: object & { readonly timeout: number }
}

/**
 * Makes a pool whose connections lead through the proxy: to an https:// remote by tunnels, to another one by requests with the whole URL
 * (RFC 9112, section 3.2.2).
 */
export function createProxiedPool(
  url: URL,
  proxy: OutgoingProxy,
  { connect, ...options }: ProxiedPoolOptions
): { readonly pool: Dispatcher; readonly dispatch: Dispatcher['dispatch'] } {
  const { timeout } = connect
  if (url.protocol === 'https:') {
    const connectSecure = buildConnector(connect)
    const pool = new Pool(url.origin, {
      ...options,
      connect(target, done) {
        const port = target.port === '' ? '443' : target.port
        const authority = `${target.hostname}:${port}`
        openTunnel({ proxy, authority, timeoutMs: timeout }, (error, httpSocket) => {
          if (error !== null) done(error, null)
          else connectSecure({ ...target, ...(httpSocket && { httpSocket }) }, done)
        })
      }
    })
    return { pool, dispatch: (request, handler) => pool.dispatch(request, handler) }
  }
  const toProxy = buildConnector({ timeout, rejectUnauthorized: true })
  const own = { host: url.host, ...proxyHeaders(proxy) }
  const pool = new Pool(proxy.url.origin, {
    ...options,
    // undici would expect the name of the Host field in the certificate, which is the remote's.
    connect: (target, done) =>
      toProxy(
        { ...target, host: proxy.url.host, servername: serverNameOf(proxy.url) },
        (...[error, socket]) =>
          error === null ? done(null, socket) : done(toProxyError(error), null)
      )
  })
  return {
    pool,
    dispatch: (request, handler) =>
      pool.dispatch(
        { ...request, path: url.origin + request.path, headers: { ...request.headers, ...own } },
        handler
      )
  }
}
