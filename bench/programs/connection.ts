/** One HTTP/1.1 connection of the load generator: writes prepared bytes, and reads only as much of an answer as it needs to find its end. */
import { connect } from 'node:net'

const HEAD_END = '\r\n\r\n'
const LAST_CHUNK = '\r\n0\r\n\r\n'
const READ_BUFFER_BYTES = 65_536

export interface ConnectionOptions {
  readonly host: string
  readonly port: number
  readonly onOpen: () => void
  /** @param body the bytes after the head, if requested */
  readonly onAnswer: (status: number, body: string | undefined) => void
  /** The connection is gone: it was closed by the server, or could not be made. */
  readonly onClose: () => void
}

export interface Connection {
  /** Sends a request. The last one must have been answered. */
  readonly send: (request: Buffer, wantsBody: boolean) => void
  /** Whether the server closes the connection after the last answer. */
  readonly isLast: () => boolean
  readonly destroy: () => void
}

/** All connections read into the same memory, one after the other. */
const readBuffer = Buffer.allocUnsafe(READ_BUFFER_BYTES)

export function openConnection(options: ConnectionOptions): Connection {
  const { host, port, onOpen, onAnswer, onClose } = options
  let head = Buffer.alloc(0)
  let status = 0
  let isChunked = false
  let isLast = false
  let missingBytes = 0
  let tail = ''
  let body: Buffer[] | undefined

  const socket = connect({
    host,
    port,
    noDelay: true,
    onread: { buffer: readBuffer, callback: read }
  })
  socket.on('connect', onOpen)
  socket.on('error', () => {})
  socket.on('close', onClose)

  function read(length: number): boolean {
    const bytes = readBuffer.subarray(0, length)
    if (status !== 0) readBody(bytes)
    else readHead(head.length === 0 ? bytes : Buffer.concat([head, bytes]))
    return true
  }

  function readHead(bytes: Buffer): void {
    const end = bytes.indexOf(HEAD_END)
    if (end === -1) {
      head = Buffer.from(bytes)
      return
    }
    const text = bytes.toString('latin1', 0, end)
    head = Buffer.alloc(0)
    status = Number(text.slice(9, 12))
    isLast = /\r\nconnection: *close/i.test(text)
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
    isChunked = length === undefined && /\r\ntransfer-encoding: *chunked/i.test(text)
    missingBytes = Number(length ?? 0)
    tail = '\r\n'
    readBody(bytes.subarray(end + HEAD_END.length))
  }

  function readBody(bytes: Buffer): void {
    body?.push(Buffer.from(bytes))
    if (isChunked) {
      // There is one answer at a time, so an empty chunk at the very end of the read bytes is its end.
      const end = bytes.subarray(-LAST_CHUNK.length).toString('latin1')
      tail = (tail + end).slice(-LAST_CHUNK.length)
      if (tail !== LAST_CHUNK) return
    } else {
      missingBytes -= bytes.length
      if (missingBytes > 0) return
    }
    const answered = status
    status = 0
    onAnswer(answered, body && Buffer.concat(body).toString())
  }

  return {
    send(request, wantsBody) {
      body = wantsBody ? [] : undefined
      socket.write(request)
    },
    isLast: () => isLast,
    destroy: () => socket.destroy()
  }
}
