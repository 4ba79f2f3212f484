/** A forward proxy on loopback: it fetches whole URLs, and opens tunnels. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Lifetime } from './lifetime.ts'

export interface ForwardProxy {
  readonly url: string
  /** Its requests, with their credentials: `GET http://...`, `CONNECT host:port`. */
  readonly asked: { readonly line: string; readonly authorization: string | undefined }[]
}

/**
 * @param to where every connection leads, whatever the requested host
 * @param status the status of its own answer. Default: 200, the other side answers
 * @param tls its certificate, where it is an https:// proxy
 */
export async function startForwardProxy(
  t: Lifetime,
  to: string,
  status = 200,
  tls?: { readonly cert: string; readonly key: string }
): Promise<ForwardProxy> {
  const { hostname, port } = new URL(to)
  const asked: ForwardProxy['asked'] = []
  const sockets = new Set<Socket>()
  const server = tls === undefined ? createServer(forward) : createSecureServer(tls, forward)
  function forward(incoming: IncomingMessage, response: ServerResponse): void {
    const { method, url = '', headers } = incoming
    asked.push({ line: `${method} ${url}`, authorization: headers['proxy-authorization'] })
    if (status !== 200) {
      response.writeHead(status).end('{"from":"the proxy"}')
      return
    }
    const { pathname, search } = new URL(url)
    const options = { hostname, port, path: pathname + search, method, headers, agent: false }
    incoming.pipe(
      request(options, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers)
        answer.pipe(response)
      }).on('error', () => response.destroy())
    )
  }
  server.on('connect', (incoming, client: Socket) => {
    const { url = '', headers } = incoming
    asked.push({ line: `CONNECT ${url}`, authorization: headers['proxy-authorization'] })
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`)
      return
    }
    const target = connect({ host: hostname, port: Number(port) }, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      client.pipe(target).pipe(client)
    })
    for (const socket of [client, target]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
    for (const socket of sockets) socket.destroy()
  })
  const { port: own } = server.address() as AddressInfo
  return { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${own}`, asked }
}
