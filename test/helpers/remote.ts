/** Real remotes on loopback, controlled by tests. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket
} from 'node:net'
import type { TlsOptions } from 'node:tls'
import { eventually, settled } from './eventually.ts'
import type { Lifetime } from './lifetime.ts'

/** A request that a remote received. */
export interface SeenRequest {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface TestRemote {
  readonly url: string
  /** The requests that were received completely. */
  readonly requests: SeenRequest[]
  /** Every connection so far. */
  readonly connections: Socket[]
  /** Waits for the next request. */
  readonly asked: () => Promise<void>
}

/** Starts a remote that ends with the test. `answer` is called once the body of a request was received. */
export async function startRemote(
  t: Lifetime,
  answer: (response: ServerResponse, request: SeenRequest) => void,
  tls?: TlsOptions
): Promise<TestRemote> {
  const requests: SeenRequest[] = []
  const waiting: (() => void)[] = []
  const server = tls === undefined ? createServer() : createTlsServer(tls)
  server.on('request', async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method, url, headers } = request
    const seen = { method, url, headers, body: Buffer.concat(chunks) }
    requests.push(seen)
    for (const resolve of waiting.splice(0)) resolve()
    answer(response, seen)
  })
  const { port, connections } = await serve(t, server)
  const scheme = tls === undefined ? 'http' : 'https'
  const asked = () => {
    const next = new Promise<void>((resolve) => void waiting.push(resolve))
    return settled(next, () => `another request comes, after ${requests.length}`)
  }
  return { url: `${scheme}://127.0.0.1:${port}/login`, requests, connections, asked }
}

/** Starts a remote that answers a request with raw bytes. */
export async function startRawRemote(
  t: Lifetime,
  answer: (socket: Socket) => void
): Promise<Pick<TestRemote, 'url' | 'connections'>> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => answer(socket))
  })
  const { port, connections } = await serve(t, server)
  return { url: `http://127.0.0.1:${port}/login`, connections }
}

async function serve(t: Lifetime, server: Server) {
  const connections: Socket[] = []
  server.on('connection', (socket) => connections.push(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of connections) socket.destroy()
      })
  )
  return { port: (server.address() as AddressInfo).port, connections }
}

/** Waits until a connection has ended, also by a reset. */
export async function ended(socket: Socket | undefined): Promise<void> {
  await eventually(() => socket?.closed !== false)
}

/** Answers every request with this text. */
export function replying(
  body: string | Uint8Array,
  status = 200,
  headers: Record<string, string> = {}
): (response: ServerResponse) => void {
  return (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}

/**
 * An address of this machine where nothing listens while the test lasts: its port belongs to a client, so the system
 * gives it to no server.
 */
export async function refusingUrl(t: Lifetime): Promise<string> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(client, 'connect')
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  return `http://127.0.0.1:${client.localPort}/login`
}
