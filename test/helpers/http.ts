/** HTTP from the client's side: whole answers, and raw sockets where a client library would hide something. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { eventually, settled } from './eventually.ts'
import type { Lifetime } from './lifetime.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

interface RequestOptions {
  method?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** Whether the body is sent in chunks, without its length. */
  chunked?: boolean
  /** For an https:// URL. */
  tls?: ConnectionOptions
  /** An address of this machine that it comes from. */
  localAddress?: string
}

/** Sends a request on its own connection. Headers are the given ones and what HTTP needs: there is no Content-Type by default. */
export function send(url: string, options: RequestOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, chunked = false, tls = {}, localAddress } = options
  const length: Record<string, string> = chunked
    ? { 'transfer-encoding': 'chunked' }
    : body === undefined
      ? {}
      : { 'content-length': String(Buffer.byteLength(body)) }
  return new Promise((resolve, reject) => {
    const ask = url.startsWith('https:') ? requestTls : request
    const settings = {
      ...tls,
      ...(localAddress !== undefined && { localAddress }),
      method,
      headers: { ...length, ...headers },
      agent: false
    }
    ask(url, settings, async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
    })
      .on('error', reject)
      .end(body)
  })
}

/** Posts a body without any label. */
export function post(url: string, body: string | Uint8Array): Promise<Answer> {
  return send(url, { method: 'POST', body })
}

/** Waits for any answer there. */
export async function answering(url: string): Promise<void> {
  await eventually(
    () =>
      send(url).then(
        () => true,
        () => false
      ),
    20
  )
}

/** Listens on a port that the system chooses, until the test ends. Returns the URL, without a path. */
export async function serve(t: Lifetime, handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A connection that is written to byte by byte. */
export interface RawConnection {
  readonly socket: Socket
  readonly write: (data: string | Uint8Array) => void
  /** Waits until the received text contains this, and returns the text. */
  readonly until: (pattern: RegExp) => Promise<string>
  /** Waits until the other side has closed, and returns the received text. */
  readonly closed: Promise<string>
}

/** Connects to the server of a URL; ends with the test. */
export function openConnection(t: Lifetime, url: string): RawConnection {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) })
  let text = ''
  const waiting = new Set<() => void>()
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => {
    text += chunk
    for (const look of waiting) look()
  })
  // A server that rejects a request may reset the connection; its answer before that counts.
  socket.on('error', () => {})
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)))
  t.teardown(() => socket.destroy())
  return {
    socket,
    write: (data) => void socket.write(data),
    closed,
    until(pattern) {
      const found = new Promise<string>((resolve, reject) => {
        const look = () => {
          if (!pattern.test(text)) return
          waiting.delete(look)
          resolve(text)
        }
        waiting.add(look)
        look()
        closed.then(() => reject(new Error(`closed before ${pattern} came, after ${text}`)))
      })
      return settled(found, () => `${pattern} comes, after ${text}`)
    }
  }
}

/** Sends bytes on their own connection, and returns everything received until the other side closes. */
export function exchange(t: Lifetime, url: string, data: string | Uint8Array): Promise<string> {
  const connection = openConnection(t, url)
  let text = ''
  connection.socket.on('data', (chunk) => (text += chunk))
  connection.write(data)
  return settled(connection.closed, () => `the other side closes, after ${text}`)
}

/** The status of the last answer in a text, without informational ones (RFC 9110, section 15.2). */
export function statusIn(text: string): number {
  const statuses = [...text.matchAll(/HTTP\/1\.1 ([2-5]\d\d) /g)]
  return Number(statuses.at(-1)?.[1] ?? 0)
}
