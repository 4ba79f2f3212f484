/** A server that answers with a JWK Set, or with another reply of a test. */
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import type { TestCertificate } from './certificates.ts'

interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text is sent unchanged, anything else as JSON. */
  readonly body?: unknown
}

export interface JwksServer {
  readonly url: string
  /** The headers of each request so far. */
  readonly requests: IncomingHttpHeaders[]
  /** Its reply from now on. A listener answers by itself. */
  reply: Reply | RequestListener
}

/** @param certificate makes it speak TLS */
export async function startJwksServer(
  t: ExecutionContext,
  reply: JwksServer['reply'],
  certificate?: TestCertificate
): Promise<JwksServer> {
  const answer: RequestListener = (request, response) => {
    jwksServer.requests.push(request.headers)
    if (typeof jwksServer.reply === 'function') {
      jwksServer.reply(request, response)
      return
    }
    const { status = 200, headers, body } = jwksServer.reply
    response.writeHead(status, { 'content-type': 'application/jwk-set+json', ...headers })
    response.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body))
  }
  const server =
    certificate === undefined ? createServer(answer) : createTlsServer(certificate, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const scheme = certificate === undefined ? 'http' : 'https'
  const jwksServer: JwksServer = {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    requests: [],
    reply
  }
  return jwksServer
}
