/** Clients that announce bodies of a mebibyte and send most of them. Takes port, path, connections and seconds as JSON from standard input. */
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

const BODY_BYTES = 1024 * 1024
const SENT_BYTES = 0.9 * BODY_BYTES

export interface UnfinishedBodies {
  readonly port: number
  readonly path: string
  readonly connections: number
  readonly seconds: number
}

const { port, path, connections, seconds } = JSON.parse(
  await text(process.stdin)
) as UnfinishedBodies
const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: ${BODY_BYTES}\r\n\r\n`
const request = Buffer.concat([Buffer.from(head), Buffer.alloc(SENT_BYTES, ' ')])
for (let count = 0; count < connections; count += 1) {
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => {})
  socket.resume()
  socket.write(request)
}
setTimeout(() => process.exit(), seconds * 1000)
