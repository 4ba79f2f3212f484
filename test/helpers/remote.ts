/** A real JSON API on loopback, which does what a test tells it to. */
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type ServerResponse
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'

/** A request that it was sent. */
export interface SeenRequest {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface TestRemote {
  readonly url: string
  readonly requests: SeenRequest[]
}

/** Starts a remote that ends with the test. `answer` is called once the body of a request is there. */
export async function startRemote(
  t: ExecutionContext,
  answer: (response: ServerResponse, request: SeenRequest) => void
): Promise<TestRemote> {
  const requests: SeenRequest[] = []
  const listener: RequestListener = async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const seen = {
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: Buffer.concat(chunks)
    }
    requests.push(seen)
    answer(response, seen)
  }
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/login`, requests }
}

/** Answers every request with 200 and this text. */
export function replying(text: string, status = 200): (response: ServerResponse) => void {
  return (response) => response.writeHead(status, { 'content-type': 'application/json' }).end(text)
}
