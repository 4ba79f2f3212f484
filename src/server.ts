/** Listens, and stops listening without cutting anyone off. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Config } from './config/schema/full-form.ts'

type Timeouts = Config['timeouts']

export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly timeouts: Timeouts
}

/** A port that cannot be had. */
class ListenError extends Error {
  override readonly name = 'ListenError'
}

/** A server that listens. */
export interface Listener {
  /** The port, also where the system chose it. */
  readonly port: number
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
  const { host, port, timeouts } = options
  // Node.js refuses to give the header more time than the request that it is a part of.
  const headersTimeout = Math.min(timeouts.headers, timeouts.request)
  const server = createServer(
    {
      headersTimeout,
      requestTimeout: timeouts.request,
      keepAliveTimeout: timeouts.keepAlive,
      // How often Node.js looks for connections that are over these times.
      connectionsCheckingInterval: Math.min(headersTimeout, 5000)
    },
    handler
  )
  // The header has a size, and no count: beyond one, Node.js would drop fields unseen, a second Host among them.
  server.maxHeadersCount = 0
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)))
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async stop(deadlineMs) {
      const stopped = stop(server, deadlineMs)
      // To Node.js a connection on which nothing has come yet is busy with its first request. Clients open such ahead of need.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
      return stopped
    }
  }
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
