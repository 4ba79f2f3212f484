/** Requests that arrive before earlier ones are answered. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { pino } from 'pino'
import type { ListenerTlsConfig } from '../../src/config/listen.ts'
import { createApp } from '../../src/index.ts'
import { listen } from '../../src/server/listen.ts'
import { createAuthority } from '../helpers/certificates.ts'
import { fullConfig } from '../helpers/config-texts.ts'
import { eventually } from '../helpers/eventually.ts'
import { openConnection, post } from '../helpers/http.ts'
import { scrape } from '../helpers/metrics.ts'
import { startRemote, type TestRemote } from '../helpers/remote.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const TIMEOUTS = { headers: 60_000, request: 60_000, keepAlive: 60_000, drain: 0, shutdown: 0 }
const MANY = 300

/** The service as in the program, with a silent logger. */
async function start(t: ExecutionContext, config: string, tls?: ListenerTlsConfig) {
  const app = await createApp({
    config: JSON.parse(config),
    env: { ENC_KEY },
    logger: pino({}, { write: () => {} })
  })
  const listener = await listen(app.callback(), {
    host: '127.0.0.1',
    port: 0,
    timeouts: TIMEOUTS,
    tls
  })
  t.teardown(async () => {
    await listener.stop(0)
    await app.close()
  })
  return { app, port: listener.port, url: `http://127.0.0.1:${listener.port}` }
}

/** A remote that echoes the body once the test allows it, and counts the most concurrent calls. */
async function startCounting(
  t: ExecutionContext
): Promise<{ remote: TestRemote; most: () => number; letGo: () => void }> {
  let inFlight = 0
  let most = 0
  let isOpen = false
  const held: (() => void)[] = []
  const remote = await startRemote(t, (response: ServerResponse, { body }) => {
    inFlight++
    most = Math.max(most, inFlight)
    const reply = () => {
      inFlight--
      response.end(body)
    }
    if (isOpen) setImmediate(reply)
    else held.push(reply)
  })
  return {
    remote,
    most: () => most,
    letGo() {
      isOpen = true
      for (const reply of held.splice(0)) reply()
    }
  }
}

function login(body: string): string {
  return `POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

function logins(count: number): string {
  return Array.from({ length: count }, (_, index) => login(`{"n":${index}}`)).join('')
}

const ALL = Array.from({ length: MANY }, (_, index) => index)

/** The numbers of the logins answered on a connection, once there are this many answers; the status of any other. */
async function answers(socket: Socket, count: number): Promise<number[]> {
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk) => (text += chunk))
  const parts = () => text.split('HTTP/1.1 ').slice(1)
  await eventually(() => parts().length >= count && text.endsWith('}'), 30)
  return parts().map((part) => {
    const payload = /"token":"[\w-]+\.([\w-]+)/.exec(part)?.[1]
    return payload === undefined
      ? Number.parseInt(part, 10)
      : JSON.parse(Buffer.from(payload, 'base64url').toString()).data.n
  })
}

test('logins on one connection are called one after the other, and leave room for other connections', async (t) => {
  const { remote, most, letGo } = await startCounting(t)
  const { url } = await start(t, fullConfig(remote.url, { source: { limits: { calls: 2 } } }))
  const connection = openConnection(t, url)
  const answered = answers(connection.socket, MANY)
  const asked = remote.asked()
  connection.write(logins(MANY))
  await asked
  const other = post(`${url}/getToken`, '{"n":-1}')
  await eventually(() => remote.requests.length === 2)
  letGo()
  t.is((await other).status, 200)
  t.deepEqual(await answered, ALL)
  t.is(most(), 2)
  t.is((await scrape(url)).get('txtoken_body_bytes'), 0)
})

test('other connections are read between the requests of one', async (t) => {
  const { remote } = await startCounting(t)
  const { url } = await start(t, fullConfig(remote.url))
  const connection = openConnection(t, url)
  let turns = 0
  let turning = setImmediate(function count() {
    turns++
    turning = setImmediate(count)
  })
  let answered = ''
  const all = new Promise<void>((resolve) => {
    connection.socket.setEncoding('latin1').on('data', (chunk) => {
      answered += chunk
      if (answered.split('HTTP/1.1 200').length > MANY) resolve()
    })
  })
  connection.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(MANY))
  await all
  clearImmediate(turning)
  t.true(turns >= MANY, `${turns} turns of the event loop`)
})

test('requests in many pieces, and the requests after them, are answered in order', async (t) => {
  const { remote, most, letGo } = await startCounting(t)
  letGo()
  const { url } = await start(t, fullConfig(remote.url))
  const connection = openConnection(t, url)
  connection.socket.setNoDelay()
  const bytes = logins(MANY)
  for (let at = 0; at < bytes.length; at += 1000) {
    connection.write(bytes.slice(at, at + 1000))
    if (at % 5000 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  t.deepEqual(await answers(connection.socket, MANY), ALL)
  connection.write(`${login('{"n":300}')}GET /livez HTTP/1.1\r\nHost: a\r\n\r\n`)
  const text = await connection.until(/"status":"ok"/)
  t.is(text.match(/"token"/g)?.length, MANY + 1)
  t.is(most(), 1)
})

test('a long body behind other requests is read in its turn', async (t) => {
  const { remote, letGo } = await startCounting(t)
  const { url } = await start(t, fullConfig(remote.url))
  const connection = openConnection(t, url)
  const long = `{"n":100,"more":"${'x'.repeat(500_000)}"}`
  connection.write(logins(20) + login(long) + login('{"n":101}'))
  letGo()
  t.deepEqual(await answers(connection.socket, 22), [...ALL.slice(0, 20), 100, 101])
})

test('pipelining works the same over TLS', async (t) => {
  const { remote, most, letGo } = await startCounting(t)
  letGo()
  const { cert, key } = createAuthority().issue()
  const { port } = await start(t, fullConfig(remote.url), { cert, key, clientCertificate: 'none' })
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  t.teardown(() => socket.destroy())
  socket.write(logins(MANY))
  t.deepEqual(await answers(socket, MANY), ALL)
  t.is(most(), 1)
})

test('once a client has gone, its requests cause no calls, and no memory is held', async (t) => {
  const { remote, letGo } = await startCounting(t)
  const { url } = await start(t, fullConfig(remote.url))
  const connection = openConnection(t, url)
  const asked = remote.asked()
  connection.write(logins(10))
  await asked
  connection.socket.destroy()
  await eventually(async () => (await scrape(url)).get('txtoken_body_bytes') === 0)
  letGo()
  t.is((await post(`${url}/getToken`, '{"n":1}')).status, 200)
  t.is(remote.requests.length, 2)
})

test('waiting requests count in the memory for bodies, and the slowest connection is cut', async (t) => {
  const { remote } = await startCounting(t)
  const limits = { body: '16KiB', reply: '16KiB', bodies: '8MiB' }
  const { url } = await start(t, fullConfig(remote.url, { more: { limits } }))
  const connections = []
  for (let index = 0; index < 4; index++) {
    const connection = openConnection(t, url)
    const asked = remote.asked()
    connection.write(logins(200))
    await asked
    connections.push(connection)
  }
  t.is(await connections[0]?.closed, '')
  const held = (await scrape(url)).get('txtoken_body_bytes') ?? 0
  t.true(held <= 2 * 1024 ** 2, `${held}`)
  t.true(held > 1024 ** 2, `${held}`)
})

test('a connection on which many requests wait is not read on', async (t) => {
  const { remote, letGo } = await startCounting(t)
  const { url } = await start(t, fullConfig(remote.url))
  const connection = openConnection(t, url)
  const more = 'x'.repeat(8192)
  const heldNow = async () => (await scrape(url)).get('txtoken_body_bytes') ?? 0
  for (let index = 0; index < MANY; index++) {
    connection.write(login(`{"n":${index},"more":"${more}"}`))
    // In packets of their own: what comes in one is all read.
    if (index % 10 === 0) await heldNow()
  }
  const held = []
  for (let round = 0; round < 20; round++) held.push(await heldNow())
  // 16 wait, and as many as one more read brings. Each counts with 4096 bytes.
  t.true(Math.max(...held) < 100 * 4096, `${held}`)
  letGo()
  t.is((await post(`${url}/getToken`, '{"n":-1}')).status, 200)
})

test('a slow body is not cut for pipelined requests', async (t) => {
  const { remote, letGo } = await startCounting(t)
  const limits = { body: '16KiB', reply: '16KiB', bodies: '8MiB' }
  const { url } = await start(t, fullConfig(remote.url, { more: { limits } }))
  const slow = openConnection(t, url)
  slow.write('POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n{"n":')
  await eventually(async () => ((await scrape(url)).get('txtoken_body_bytes') ?? 0) > 0)
  const ahead = openConnection(t, url)
  for (const connection of [ahead, openConnection(t, url), openConnection(t, url)]) {
    const asked = remote.asked()
    connection.write(logins(200))
    await asked
  }
  t.is(await ahead.closed, '')
  letGo()
  slow.write('7}')
  t.regex(await slow.until(/"token":/), /^HTTP\/1\.1 200 /)
})

test('requests that wait during a reload are answered by the new configuration', async (t) => {
  const { remote, letGo } = await startCounting(t)
  const { app, url } = await start(t, fullConfig(remote.url))
  const connection = openConnection(t, url)
  const asked = remote.asked()
  connection.write(logins(3))
  await asked
  await app.reload()
  letGo()
  t.deepEqual(await answers(connection.socket, 3), [0, 1, 2])
})
