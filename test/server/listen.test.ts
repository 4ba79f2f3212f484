import { EventEmitter, once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { type Listener, listen } from '../../src/server/listen.ts'
import { fullConfig } from '../helpers/config-texts.ts'
import { exchange, openConnection, statusIn } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'

const LIVE = 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'
const SHORT = { headers: '100ms', request: '200ms' }

const unfinished = [
  ['nothing at all', ''],
  ['half a request line', 'GET /livez'],
  ['half a header', 'GET /livez HTTP/1.1\r\nHost: a\r\n'],
  ['a header without its body', 'POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n'],
  ['half a body', 'POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{'],
  [
    'chunks without an end',
    'POST /getToken HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n'
  ]
] as const

for (const [what, bytes] of unfinished) {
  test(`a client that sends ${what} gets a 408 after the timeout, and its connection closes`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const config = fullConfig(remote.url, { more: { timeouts: SHORT } })
    const service = await startService(t, { config })
    const client = openConnection(t, service.url)
    if (bytes !== '') client.write(bytes)
    t.is(statusIn(await client.closed), 408)
    t.is(remote.connections.length, 0)
  })
}

for (const [what, next] of [
  ['header', 'A: b\r\n'],
  ['body', ' ']
] as const) {
  test(`a ${what} that trickles does not extend the timeout`, async (t) => {
    const config = fullConfig('http://127.0.0.1:1/', { more: { timeouts: SHORT } })
    const service = await startService(t, { config })
    const client = openConnection(t, service.url)
    client.write('POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n')
    if (what === 'body') client.write('\r\n')
    const timer = setInterval(() => client.write(next), 10)
    const text = await client.closed
    clearInterval(timer)
    t.is(statusIn(text), 408)
  })
}

test('an unknown expectation is answered by the routes, with a line in the log', async (t) => {
  const service = await startService(t, { config: fullConfig('http://127.0.0.1:1/') })
  const request =
    'GET /checkToken HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nConnection: close\r\n\r\n'
  t.is(statusIn(await exchange(t, service.url, request)), 401)
  t.is(service.log.filter(({ msg }) => msg === 'request').length, 1)
})

test('the timeout of a request may be shorter than the default timeout of a header', async (t) => {
  const config = fullConfig('http://127.0.0.1:1/', { more: { timeouts: { request: '100ms' } } })
  const service = await startService(t, { config })
  const client = openConnection(t, service.url)
  client.write('GET /livez HTTP/1.1\r\n')
  t.is(statusIn(await client.closed), 408)
})

test('the timeout of a request ends when it is received, however long its answer takes', async (t) => {
  const remote = await startRemote(t, (response) => setTimeout(() => response.end('{}'), 4200))
  const config = fullConfig(remote.url, {
    more: { timeouts: { headers: '2s', request: '2s' } }
  })
  const service = await startService(t, { config })
  const client = openConnection(t, service.url)
  client.write('POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}')
  t.is(statusIn(await client.until(/"token"/)), 200)
})

test('an idle connection closes silently after the announced time', async (t) => {
  const config = fullConfig('http://127.0.0.1:1/', { more: { timeouts: { keepAlive: '1s' } } })
  const service = await startService(t, { config })
  const client = openConnection(t, service.url)
  client.write(LIVE + LIVE)
  const text = await client.closed
  t.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200'])
  t.regex(text, /^Keep-Alive: timeout=1\r$/m)
})

test('an unlimited keep-alive is rejected', async (t) => {
  const config = fullConfig('http://127.0.0.1:1/', { more: { timeouts: { keepAlive: '0s' } } })
  await t.throwsAsync(startService(t, { config }), { name: 'ConfigError' })
})

test('once the service stops accepting connections, every answer closes its own', async (t) => {
  let isReady = true
  const remote = await startRemote(t, (response) => {
    isReady = false
    response.end('{}')
  })
  const service = await startService(t, {
    config: fullConfig(remote.url),
    isReady: () => isReady
  })
  const client = openConnection(t, service.url)
  client.write(`${LIVE}POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}`)
  const text = await client.closed
  t.deepEqual(text.match(/^Connection: .*/gm), ['Connection: keep-alive', 'Connection: close'])
  const late = openConnection(t, service.url)
  late.write(LIVE)
  t.regex(await late.closed, /^Connection: close/m)
})

const TIMEOUTS = { headers: 10_000, request: 10_000, keepAlive: 10_000, drain: 0, shutdown: 0 }
const LONG_MS = 60_000

async function serve(
  t: ExecutionContext,
  handler: RequestListener
): Promise<Listener & { url: string }> {
  const listener = await listen(handler, { host: '127.0.0.1', port: 0, timeouts: TIMEOUTS })
  t.teardown(() => listener.stop(0))
  return { ...listener, url: `http://127.0.0.1:${listener.port}` }
}

test('stopping closes idle connections, and accepts no new ones', async (t) => {
  const listener = await serve(t, (_request, response) => response.end())
  const idle = openConnection(t, listener.url)
  idle.write(LIVE)
  await idle.until(/200/)
  t.true(await listener.stop(LONG_MS))
  await idle.closed
  const late = openConnection(t, listener.url)
  t.is(await late.closed, '')
})

test('stopping answers every connection in the backlog, and accepts no other', async (t) => {
  const listener = await serve(t, (_request, response) => response.end('here'))
  const clients = Array.from({ length: 50 }, () => {
    const client = openConnection(t, listener.url)
    client.write(LIVE)
    return client
  })
  // By now they are connected, and none of them is accepted.
  await new Promise<void>((resolve) => process.nextTick(resolve))
  const stopped = listener.stop(LONG_MS)
  const texts = await Promise.all(clients.map(({ closed }) => closed))
  t.deepEqual([...new Set(texts.map(statusIn))], [200])
  t.true(await stopped)
  const late = openConnection(t, listener.url)
  t.is(await late.closed, '')
})

test('a request on an idle connection is answered after the stop, and closes it', async (t) => {
  const listener = await serve(t, (_request, response) => response.end('here'))
  const client = openConnection(t, listener.url)
  client.write(LIVE)
  await client.until(/here$/)
  await listener.stopAccepting()
  const stopped = listener.stop(LONG_MS)
  client.write(LIVE)
  const text = await client.closed
  t.deepEqual(text.match(/^Connection: .*/gm), ['Connection: keep-alive', 'Connection: close'])
  t.regex(text, /here$/)
  t.true(await stopped)
})

test('stopping waits for requests in flight', async (t) => {
  const desk = new EventEmitter()
  const listener = await serve(t, (_request, response) => desk.emit('asked', response))
  const asked = once(desk, 'asked') as Promise<[ServerResponse]>
  const client = openConnection(t, listener.url)
  client.write(LIVE)
  const [response] = await asked
  const stopped = listener.stop(LONG_MS)
  // As the application does once it stops.
  response.setHeader('Connection', 'close').end('done')
  t.true((await client.closed).includes('done'))
  t.true(await stopped)
})

test('stopping cuts requests beyond the deadline, and reports it', async (t) => {
  const desk = new EventEmitter()
  const listener = await serve(t, () => desk.emit('asked'))
  const asked = once(desk, 'asked')
  const client = openConnection(t, listener.url)
  client.write(LIVE)
  await asked
  t.false(await listener.stop(10))
  t.is(await client.closed, '')
})

test('a port in use is reported with a remedy', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  await t.throwsAsync(
    listen(() => {}, { host: '127.0.0.1', port, timeouts: TIMEOUTS }),
    {
      name: 'ListenError',
      message: `cannot listen on 127.0.0.1:${port}: the port is taken by another program`
    }
  )
})

test('an address of another machine is reported', async (t) => {
  await t.throwsAsync(
    listen(() => {}, { host: '192.0.2.1', port: 0, timeouts: TIMEOUTS }),
    { message: 'cannot listen on 192.0.2.1:0: this machine has no such address' }
  )
})

for (const [what, host] of [
  ['the host of every address', '::'],
  ['IPv6 loopback', '::1']
] as const) {
  test(`${what} works as an address, and closes as any other`, async (t) => {
    const handler: RequestListener = (_request, response) => response.end('here')
    const listener = await listen(handler, { host, port: 0, timeouts: TIMEOUTS })
    t.teardown(() => listener.stop(0))
    const statusOf = async (address: string) =>
      statusIn(
        await exchange(
          t,
          `http://${address}:${listener.port}`,
          LIVE.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')
        )
      )
    t.is(await statusOf('[::1]'), 200)
    if (host === '::') t.is(await statusOf('127.0.0.1'), 200)
  })
}

test('a port in use by IPv4 alone is in use', async (t) => {
  const other = createServer().listen(0, '0.0.0.0')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  await t.throwsAsync(
    listen(() => {}, { host: '::', port, timeouts: TIMEOUTS }),
    {
      message: `cannot listen on [::]:${port}: the port is taken by another program`
    }
  )
})
