/** Shared by the bench's own servers: listening on loopback, reading a body and answering JSON. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse
} from 'node:http'

const BODY_LIMIT_BYTES = 1024 * 1024

/** Listens on the port in the variable PORT, until SIGTERM. */
export function serve(listener: RequestListener): void {
  const server = createServer(listener)
  server.listen(Number(process.env.PORT), '127.0.0.1')
  process.once('SIGTERM', () => {
    server.close()
    server.closeAllConnections()
  })
}

/** Calls back once, with the whole body, or with undefined where it is larger than 1 MiB or cut off. */
export function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= BODY_LIMIT_BYTES) chunks.push(chunk)
      else resolve(undefined)
    })
    request.on('end', () => resolve(Buffer.concat(chunks, length)))
    request.on('error', () => resolve(undefined))
  })
}

export function answerJson(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text)
  })
  response.end(text)
}
