/** Listens, and stops listening without cutting requests. */

import { constants } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, type Socket, Server as TcpServer } from 'node:net'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { TLSSocket, type TlsOptions } from 'node:tls'
import type { ListenerTlsConfig } from '../config/listen.ts'
import { EVERY_ADDRESS, formatHostPort } from '../settings/hosts.ts'
import type { Timeouts } from '../settings/limits.ts'
import { expectLeave } from './exchange.ts'
import { listeningSocket, stopAccepting } from './stop-accepting.ts'

export interface ListenOptions {
  /** `::` is every address of both families, or of IPv4 alone where the machine has no IPv6. */
  readonly host: string
  readonly port: number
  readonly timeouts: Timeouts
  /** Further connections are closed at once. Default: no limit. */
  readonly maxConnections?: number | undefined
  /** Default: plain HTTP. */
  readonly tls?: ListenerTlsConfig | undefined
  /** The names of the two settings above in the configuration, for messages. */
  readonly settings?: { readonly host: string; readonly port: string }
  /** Called for a connection that begins with a TLS handshake where plain HTTP is expected, or with plain HTTP where TLS is. */
  readonly onOtherProtocol?: () => void
}

/** Thrown when the port cannot be listened on. */
class ListenError extends Error {
  override readonly name = 'ListenError'
  /** The message without the name of the setting. */
  readonly reason: string

  constructor(reason: string, setting: string | undefined, cause: Error) {
    super(setting === undefined ? reason : `${reason} (${setting})`, { cause })
    this.reason = reason
  }
}

/** A listening server. */
export interface Listener {
  /** The port, also where the system chose it. */
  readonly port: number
  /**
   * Shows and trusts other certificates from the next connection on. What it asks of its clients stays as it was when it
   * began to listen: for settings that ask something else, nothing changes.
   */
  readonly renewTls: (tls: ListenerTlsConfig) => void
  /** Accepts no new connections. Connections in the backlog are answered. */
  readonly stopAccepting: () => Promise<void>
  /**
   * Accepts no new connections. Open ones are closed by their next answer, or once they were silent for a second.
   * @param deadlineMs how long to wait for the requests in flight before their connections are cut
   * @returns whether all of them ended by themselves
   */
  readonly stop: (deadlineMs: number) => Promise<boolean>
}

/** A request may be on its way on a connection on which nothing happens. Proxies use the ones that they keep by turns. */
const SILENT_MS = 1000

/**
 * Starts to listen.
 * @throws ListenError with a remedy
 */
export async function listen(answer: RequestListener, options: ListenOptions): Promise<Listener> {
  let isStopping = false
  const handler: RequestListener = function answerLast(request, response) {
    if (isStopping) response.shouldKeepAlive = false
    answer(request, response)
  }
  const { host, port, timeouts, tls, maxConnections, onOtherProtocol } = options
  // Node.js rejects a longer timeout for the header than for the whole request.
  const headersTimeout = Math.min(timeouts.headers, timeouts.request)
  const settings = {
    headersTimeout,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.keepAlive,
    // How often Node.js looks for connections beyond these timeouts.
    connectionsCheckingInterval: Math.min(headersTimeout, 5000)
  }
  const tlsServer =
    tls === undefined
      ? undefined
      : createTlsServer(
          { ...settings, ...createTlsServerOptions(tls), handshakeTimeout: headersTimeout },
          handler
        )
  const server = tlsServer ?? createServer(settings, handler)
  // The size of a header is limited already. With a limit of its fields, Node.js would drop those beyond it unseen, a second Host too.
  server.maxHeadersCount = 0
  if (maxConnections !== undefined) server.maxConnections = maxConnections
  // A 417 of Node.js would not be an answer of a route, and proxies that check requests cannot handle it.
  server.on('checkExpectation', handler)
  // A client that waits for 100 Continue gets it once the body is read, and only an answer otherwise.
  server.on('checkContinue', (request, response) => {
    expectLeave(request, response)
    handler(request, response)
  })
  if (onOtherProtocol !== undefined) {
    if (tlsServer === undefined) noticeHandshakes(server, onOtherProtocol)
    else noticePlainHttp(tlsServer, onOtherProtocol)
  }
  const silent = trackSilent(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, options)))
    // Without a host, Node.js listens on every address of both families, or of IPv4 alone where there is no IPv6.
    server.listen({ port, host: host === EVERY_ADDRESS ? undefined : host }, resolve)
  })
  let accepting: Promise<void> | undefined
  const acceptNoMore = () => {
    accepting ??= closeSocket(server)
    return accepting
  }
  return {
    port: (server.address() as AddressInfo).port,
    renewTls(next) {
      if (next.clientCertificate === tls?.clientCertificate) {
        tlsServer?.setSecureContext(createTlsServerOptions(next))
      }
    },
    stopAccepting: acceptNoMore,
    async stop(deadlineMs) {
      await acceptNoMore()
      isStopping = true
      return end(server, deadlineMs, silent)
    }
  }
}

/**
 * Finds the connections on which no byte of a request has come yet, a TLS handshake aside. To Node.js these are busy with
 * their first request. Browsers open them ahead of need.
 */
function trackSilent(server: Server): () => Socket[] {
  const sockets = new Map<string, Socket>()
  const isTls = 'setSecureContext' in server

  function track(socket: Socket): void {
    const { localAddress, remoteAddress, remotePort } = socket
    const connection = `${localAddress} ${remoteAddress} ${remotePort}`
    sockets.set(connection, socket)
    socket.once('close', () => {
      if (sockets.get(connection) === socket) sockets.delete(connection)
    })
  }

  server.on('connection', track)
  // It replaces the socket below it, which was used for the handshake.
  server.on('secureConnection', track)
  return () =>
    [...sockets.values()].filter(
      (socket) => socket.bytesRead === 0 || (isTls && !(socket instanceof TLSSocket))
    )
}

/** The first byte of a TLS handshake (RFC 8446, section 5.1), with which no request begins. */
const HANDSHAKE = 22

/** The HTTP parser has answered with 400 by then, which no TLS client shows. */
function noticeHandshakes(server: Server, onTlsHandshake: () => void): void {
  server.on('connection', (socket: Socket) => {
    socket.on('error', (error: Error & { rawPacket?: Buffer }) => {
      if (error.rawPacket?.[0] === HANDSHAKE) onTlsHandshake()
    })
  })
}

/** The connection is closed without an answer, which no HTTP client explains. */
function noticePlainHttp(server: Server, onPlainHttp: () => void): void {
  server.on('tlsClientError', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'ERR_SSL_HTTP_REQUEST') onPlainHttp()
  })
}

async function closeSocket(server: Server): Promise<void> {
  // The function of http.Server would cut idle connections, with requests on their way.
  const close = () => void TcpServer.prototype.close.call(server)
  const socket = listeningSocket(server)
  if (socket === undefined) close()
  else await stopAccepting(socket, close)
}

/** Ends the connections of a server that no longer accepts any. */
async function end(server: Server, deadlineMs: number, silent: () => Socket[]): Promise<boolean> {
  const closed = new Promise<true>((resolve) => {
    server.once('close', () => resolve(true))
    // It may have closed before.
    server.getConnections((_error, count) => {
      if (count === 0) resolve(true)
    })
  })

  /** Closes connections without a request: one that had come since the stop would have closed its own. */
  function closeSilent(): void {
    server.closeIdleConnections()
    for (const socket of silent()) socket.destroy()
  }
  // In the next turn: after a pause of the process, bytes that came meanwhile are read first.
  const closing = setInterval(() => setImmediate(closeSilent), SILENT_MS)
  const overdue = new AbortController()
  const { signal } = overdue
  await Promise.race([closed, wait(deadlineMs, undefined, { signal }).catch(() => {})])
  overdue.abort()
  clearInterval(closing)
  await nextTurn()
  closeSilent()
  // Their ends are noticed in this turn of the event loop.
  const inTime = await Promise.race([closed, wait(0, false as const)])
  server.closeAllConnections()
  // Ends the timer by which Node.js looks for slow requests.
  server.close()
  return inTime
}

function explain(
  error: NodeJS.ErrnoException,
  { host, port, settings }: ListenOptions
): ListenError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the port is taken by another program',
    EACCES: 'this user may not listen on the port, expected one from 1024 on',
    EADDRNOTAVAIL: 'this machine has no such address'
  }
  return new ListenError(
    `cannot listen on ${formatHostPort(host, port)}: ${reasons[error.code ?? ''] ?? error.code ?? 'unknown error'}`,
    error.code === 'EADDRNOTAVAIL' ? settings?.host : settings?.port,
    error
  )
}

/**
 * TLS options of a server, some of which `setSecureContext` changes later.
 *
 * Where clients are asked for a certificate, no session is resumed: Node.js calls a resumed session of TLS 1.3 authorized
 * although its first connection showed no certificate, and a certificate that has expired, or whose authority is trusted no
 * longer, would be accepted by its ticket.
 */
function createTlsServerOptions(tls: ListenerTlsConfig) {
  const { cert, key, clientCa, clientCertificate } = tls
  const asks = clientCertificate !== 'none'
  return {
    cert,
    key,
    minVersion: 'TLSv1.2',
    requestCert: asks,
    rejectUnauthorized: clientCertificate === 'require',
    ...(clientCa !== undefined && { ca: clientCa }),
    ...(asks && { secureOptions: constants.SSL_OP_NO_TICKET })
  } as const satisfies TlsOptions
}
