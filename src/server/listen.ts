/** Listens, and stops listening without cutting anyone off. */

import { constants } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { TLSSocket, type TlsOptions } from 'node:tls'
import type { ListenerTlsConfig } from '../config/listen.ts'
import type { Timeouts } from '../settings/limits.ts'

export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly timeouts: Timeouts
  /** Further connections are closed at once. Default: no limit. */
  readonly maxConnections?: number | undefined
  /** Default: plain HTTP. */
  readonly tls?: ListenerTlsConfig | undefined
}

/** Thrown when the port cannot be listened on. */
class ListenError extends Error {
  override readonly name = 'ListenError'
}

/** A server that listens. */
export interface Listener {
  /** The port, also where the system chose it. */
  readonly port: number
  /**
   * Shows and trusts other certificates from the next connection on. What it asks of its clients stays as it was when it
   * began to listen: for settings that ask something else, nothing changes.
   */
  readonly renewTls: (tls: ListenerTlsConfig) => void
  /**
   * Takes no new connections, and waits for the requests in flight.
   * @param deadlineMs how long to wait before their connections are cut
   * @returns whether all of them ended by themselves
   */
  readonly stop: (deadlineMs: number) => Promise<boolean>
}

/**
 * Starts to listen.
 * @throws ListenError with what to do about it
 */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listener> {
  const { host, port, timeouts, tls, maxConnections } = options
  // Node.js does not take a longer time for the header than for the whole request.
  const headersTimeout = Math.min(timeouts.headers, timeouts.request)
  const settings = {
    headersTimeout,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.keepAlive,
    // How often Node.js looks for connections that are over these times.
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
  // A 417 of Node.js would be no answer of a route, and no proxy that asks about requests knows what to do with one.
  server.on('checkExpectation', handler)
  const silent = trackSilent(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)))
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    renewTls(next) {
      if (next.clientCertificate === tls?.clientCertificate) {
        tlsServer?.setSecureContext(createTlsServerOptions(next))
      }
    },
    async stop(deadlineMs) {
      const stopped = stop(server, deadlineMs)
      for (const socket of silent()) socket.destroy()
      return stopped
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
  // It takes the place of the socket below it, which was used for the handshake.
  server.on('secureConnection', track)
  return () =>
    [...sockets.values()].filter(
      (socket) => socket.bytesRead === 0 || (isTls && !(socket instanceof TLSSocket))
    )
}

async function stop(server: Server, deadlineMs: number): Promise<boolean> {
  const closed = new Promise<true>((resolve) => server.close(() => resolve(true)))
  const overdue = new AbortController()
  const inTime = await Promise.race([
    closed,
    wait(deadlineMs, false as const, { signal: overdue.signal }).catch(() => true as const)
  ])
  overdue.abort()
  server.closeAllConnections()
  return inTime
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): ListenError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the port is taken by another program',
    EACCES: 'this user may not listen on the port, expected one from 1024 on',
    EADDRNOTAVAIL: 'this machine has no such address'
  }
  return new ListenError(
    `cannot listen on ${host}:${port}: ${reasons[error.code ?? ''] ?? error.code ?? 'unknown error'}`,
    { cause: error }
  )
}

/**
 * What a server takes when it is made, and what `setSecureContext` takes of it later.
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
