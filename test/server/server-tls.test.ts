import { EventEmitter, once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import type { ListenerTlsConfig } from '../../src/config/listen.ts'
import { type Listener, listen } from '../../src/server/listen.ts'
import { createAuthority } from '../helpers/certificates.ts'
import { send } from '../helpers/http.ts'

const HOUR_MS = 3_600_000
/** Handshakes may take longer than a stop waits, so that it has to end them itself. */
const TIMEOUTS = { headers: 60_000, request: 60_000, keepAlive: 60_000, drain: 0, shutdown: 0 }
const LONG_MS = 30_000
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

const authority = createAuthority()
const devices = createAuthority('Device Root')
const { cert, key } = authority.issue()
const client = { use: 'client' } as const
const trusted = devices.issue(client)

async function serve(
  t: ExecutionContext,
  tls: Partial<ListenerTlsConfig> = {},
  handler: RequestListener = (_request, response) => response.end('hello')
): Promise<Listener & { url: string }> {
  const listener = await listen(handler, {
    host: '127.0.0.1',
    port: 0,
    timeouts: TIMEOUTS,
    tls: { cert, key, clientCertificate: 'none', ...tls }
  })
  t.teardown(() => listener.stop(0))
  return { ...listener, url: `https://127.0.0.1:${listener.port}` }
}

/** The text that a client gets, or the error code. */
async function ask(url: string, tls: ConnectionOptions = {}): Promise<string> {
  try {
    return (await send(url, { tls: { ca: authority.cert, ...tls } })).text
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'no code'
  }
}

test('a listener with a certificate speaks TLS 1.2 and 1.3, and nothing older', async (t) => {
  const { url } = await serve(t)
  t.is(await ask(url, { minVersion: 'TLSv1.3' }), 'hello')
  t.is(await ask(url, { maxVersion: 'TLSv1.2' }), 'hello')
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const
  await t.throwsAsync(send(url, { tls: { ca: authority.cert, ...old } }), {
    message: /alert protocol version/
  })
  await t.throwsAsync(send(url.replace('https', 'http')))
})

test('where a certificate is required, only a client with a trusted and valid one connects', async (t) => {
  const { url } = await serve(t, { clientCa: devices.cert, clientCertificate: 'require' })
  t.is(await ask(url, trusted), 'hello')
  const expired = {
    notBefore: new Date(Date.now() - 3 * HOUR_MS),
    notAfter: new Date(Date.now() - 2 * HOUR_MS)
  }
  for (const shown of [
    {},
    createAuthority('device'),
    authority.issue(client),
    devices.issue({ ...client, ...expired })
  ]) {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      t.not(await ask(url, { cert: undefined, key: undefined, ...shown, maxVersion }), 'hello')
    }
  }
})

test('where a certificate is optional, every client connects', async (t) => {
  const { url } = await serve(t, { clientCa: devices.cert, clientCertificate: 'request' })
  for (const shown of [{}, createAuthority('device'), trusted]) t.is(await ask(url, shown), 'hello')
})

test('certificates are replaced while the server runs, for both sides', async (t) => {
  const settings = { cert, key, clientCa: devices.cert, clientCertificate: 'require' } as const
  const { url, renewTls } = await serve(t, settings)
  const next = createAuthority('Next Root')
  const others = createAuthority('Other Devices')
  renewTls({ ...settings, ...next.issue(), clientCa: others.cert })
  t.is(await ask(url, { ca: next.cert, ...others.issue(client) }), 'hello')
  t.not(await ask(url, { ca: next.cert, ...trusted }), 'hello')
  t.is(await ask(url, others.issue(client)), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
})

test('the client certificate setting does not change while the server runs', async (t) => {
  const settings = { clientCa: devices.cert, clientCertificate: 'require' } as const
  const { url, renewTls } = await serve(t, settings)
  renewTls({ cert, key, clientCertificate: 'none' })
  t.not(await ask(url), 'hello')
  t.is(await ask(url, trusted), 'hello')
})

async function connectTls(t: ExecutionContext, port: number): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', ca: authority.cert })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

test('stopping closes silent connections, also in their handshake', async (t) => {
  const listener = await serve(t)
  const silent = await connectTls(t, listener.port)
  const idle = await connectTls(t, listener.port)
  idle.write(GET)
  await once(idle, 'data')
  const halfway = connectTcp(listener.port, '127.0.0.1')
  t.teardown(() => halfway.destroy())
  await once(halfway, 'connect')
  // The first bytes of a ClientHello.
  halfway.write(Buffer.from('1603010200010001fc0303', 'hex'))
  const answered = await connectTls(t, listener.port)
  answered.write(GET)
  await once(answered, 'data')
  const ends = [silent, idle, halfway].map((socket) => {
    socket.on('error', () => {})
    socket.resume()
    return once(socket, 'close')
  })
  t.true(await listener.stop(LONG_MS))
  await Promise.all(ends)
})

test('stopping a TLS listener waits for requests in flight', async (t) => {
  const desk = new EventEmitter()
  const listener = await serve(t, {}, (_request, response) => desk.emit('asked', response))
  const asked = once(desk, 'asked') as Promise<[ServerResponse]>
  const socket = await connectTls(t, listener.port)
  socket.write(GET)
  const [response] = await asked
  const stopped = listener.stop(LONG_MS)
  response.setHeader('Connection', 'close').end('done')
  let text = ''
  for await (const chunk of socket) text += chunk
  t.true(text.endsWith('done'))
  t.true(await stopped)
})
