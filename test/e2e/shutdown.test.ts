/** The shutdown of the built program as a process: its clients, its log and its exit code. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { fullConfig } from '../helpers/config-texts.ts'
import { eventually } from '../helpers/eventually.ts'
import { writeConfig } from '../helpers/folder.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { openConnection, post, send, statusIn } from '../helpers/http.ts'
import { type RunningProgram, runProgram, runService, urlOf } from '../helpers/program.ts'
import { startRemote } from '../helpers/remote.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const LIVE = 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'
const LOGIN = 'POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}'

interface Timeouts {
  drain?: string
  shutdown?: string
}

/** Starts the service in front of a remote that answers on demand. */
async function start(t: ExecutionContext, timeouts: Timeouts = {}, listen: object = {}) {
  const held: ServerResponse[] = []
  const remote = await startRemote(t, (response) => void held.push(response))
  const config = fullConfig(remote.url, {
    // Far longer than a test may take: waiting for it fails the test.
    source: { timeout: '5m' },
    more: {
      listen: { main: { host: '127.0.0.1', port: 0 }, ...listen },
      timeouts: { shutdown: '5m', ...timeouts }
    }
  })
  const program = await runService(t, config, { ENC_KEY })
  return {
    ...program,
    remote,
    stop: (signal: NodeJS.Signals = 'SIGTERM') => program.process.kill(signal),
    /** Lets the remote answer all its requests. */
    answer() {
      for (const response of held.splice(0)) response.end('{"id":1}')
    }
  }
}

/** The lines of the log. */
function linesOf({ output }: RunningProgram): Record<string, unknown>[] {
  const lines = output().stdout.split('\n')
  return lines.slice(0, -1).map((line) => JSON.parse(line))
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends an idle service at once, with exit code 0`, async (t) => {
    const service = await start(t)
    service.stop(signal)
    const { code, stderr } = await service.exit()
    t.is(code, 0)
    t.is(stderr, '')
    t.deepEqual(
      linesOf(service).map(({ level, msg }) => [level, msg]),
      [
        ['info', 'listening'],
        ['info', 'stopping'],
        ['info', 'stopped']
      ]
    )
    t.is(linesOf(service)[1]?.signal, signal)
  })
}

test('a request in flight gets its answer, and its connection then closes', async (t) => {
  const service = await start(t)
  const client = openConnection(t, service.url)
  const asked = service.remote.asked()
  client.write(LOGIN)
  await asked
  service.stop()
  await service.saying('"stopping"')
  service.answer()
  const text = await client.closed
  t.is(statusIn(text), 200)
  t.regex(text, /\r\nConnection: close\r\n/i)
  t.regex(text, /\{"token":"[\w-]+\.[\w-]+\.[\w-]+"\}$/)
  t.is((await service.exit()).code, 0)
  t.deepEqual(
    linesOf(service).map(({ msg }) => msg),
    ['listening', 'stopping', 'request', 'stopped']
  )
})

test('once it stops no new connection is accepted, while requests in flight go on', async (t) => {
  const service = await start(t)
  const client = openConnection(t, service.url)
  const asked = service.remote.asked()
  client.write(LOGIN)
  await asked
  service.stop()
  await service.saying('"stopping"')
  await closedPort(service.url)
  t.is(client.socket.readyState, 'open')
  service.answer()
  t.is(statusIn(await client.closed), 200)
  t.is((await service.exit()).code, 0)
})

test('idle connections close once they have been silent for a second, used before or not', async (t) => {
  const service = await start(t)
  const used = openConnection(t, service.url)
  used.write(LIVE)
  await used.until(/"ok"\}$/)
  const unused = openConnection(t, service.url)
  await once(unused.socket, 'connect')
  // The service has received the one before it as well.
  t.is((await send(`${service.url}/livez`)).status, 200)
  service.stop()
  t.is((await service.exit()).code, 0)
  t.is(statusIn(await used.closed), 200)
  t.is(await unused.closed, '')
})

test('a partly received request is waited for', async (t) => {
  const service = await start(t)
  const client = openConnection(t, service.url)
  client.write(LIVE.slice(0, 20))
  t.is((await send(`${service.url}/livez`)).status, 200)
  service.stop()
  await service.saying('"stopping"')
  await closedPort(service.url)
  client.write(LIVE.slice(20))
  const text = await client.closed
  t.is(statusIn(text), 200)
  t.regex(text, /\r\nConnection: close\r\n/i)
  t.is((await service.exit()).code, 0)
})

for (const [where, listen] of [
  ['main', {}],
  ['admin', { admin: { host: '127.0.0.1', port: 0 } }]
] as const) {
  test(`while it drains it is not ready, and keeps connections (health on ${where})`, async (t) => {
    const service = await start(t, { drain: '5m' }, listen)
    const health = await urlOf(service, where)
    const open = openConnection(t, service.url)
    open.write(LIVE)
    await open.until(/HTTP/)
    t.is((await send(`${health}/readyz`)).status, 200)
    service.stop()
    await service.saying('"stopping"')

    const ready = await send(`${health}/readyz`)
    t.is(ready.status, 503)
    t.is(ready.text, '{"status":"stopping"}')
    t.is((await send(`${health}/livez`)).status, 200)
    const asked = service.remote.asked()
    const issued = send(`${service.url}/getToken`, { method: 'POST', body: '{}' })
    await asked
    service.answer()
    t.is((await issued).status, 200)
    open.write(LIVE)
    const text = await open.until(/HTTP[\s\S]*HTTP[\s\S]*\}$/)
    t.deepEqual(text.match(/^Connection: .*/gm), [
      'Connection: keep-alive',
      'Connection: keep-alive'
    ])
  })
}

test('requests beyond the deadline are cut, and the exit code and the log show it', async (t) => {
  const service = await start(t, { shutdown: '100ms' })
  const client = openConnection(t, service.url)
  const asked = service.remote.asked()
  client.write(LOGIN)
  await asked
  service.stop()
  t.is(await client.closed, '')
  t.is((await service.exit()).code, 1)
  t.like(linesOf(service).at(-1), {
    level: 'warn',
    msg: 'stopped, and cut requests that took too long'
  })
  t.like(linesOf(service).at(-2), { msg: 'request', route: '/getToken', code: 'client_gone' })
})

for (const [first, second, code] of [
  ['SIGTERM', 'SIGTERM', 143],
  ['SIGTERM', 'SIGINT', 130],
  ['SIGINT', 'SIGTERM', 143]
] as const) {
  test(`${second} after ${first} ends the service at once`, async (t) => {
    const service = await start(t)
    const client = openConnection(t, service.url)
    const asked = service.remote.asked()
    client.write(LOGIN)
    await asked
    service.stop(first)
    await service.saying('"stopping"')
    service.stop(second)
    t.is((await service.exit()).code, code)
    t.is(await client.closed, '')
    t.is(linesOf(service).at(-1)?.msg, 'stopping')
  })
}

test('a drain ends by itself', async (t) => {
  const service = await start(t, { drain: '100ms' })
  service.stop()
  t.is((await service.exit()).code, 0)
})

test('a second signal ends the drain too', async (t) => {
  const service = await start(t, { drain: '5m' })
  service.stop()
  await service.saying('"stopping"')
  service.stop()
  t.is((await service.exit()).code, 143)
})

/** Waits until the port is closed. */
async function closedPort(url: string): Promise<void> {
  const { hostname, port } = new URL(url)
  for (let isTaken = true; isTaken; ) {
    const socket = connect(Number(port), hostname)
    isTaken = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
  }
}

for (const workers of [1, 2]) {
  test(`with ${workers} worker(s), a log on a full disk stops no request, and the service ends by itself`, async (t) => {
    const [port = 0] = await freePorts(1)
    const config = JSON.stringify({
      listen: { main: { host: '127.0.0.1', port } },
      workers,
      keys: [{ alg: 'HS256', secret: ENC_KEY }],
      routes: [{ issue: '/getToken', claims: [{ from: 'fixed', set: { a: 1 } }] }]
    })
    const file = await writeConfig(t, config)
    const { process: service, exit } = runProgram(t, {
      binary: '/bin/sh',
      args: ['-c', `exec ${process.execPath} ${MAIN} >/dev/full`],
      env: { CFG_FILE: file }
    })
    const url = `http://127.0.0.1:${port}`
    await eventually(() =>
      send(`${url}/readyz`).then(
        ({ status }) => status === 200,
        () => false
      )
    )
    // Each of the two lines is a write of its own.
    for (let count = 0; count < 2; count++) {
      t.is((await post(`${url}/getToken`, '{}')).status, 200)
      await wait(150)
    }
    service.kill('SIGTERM')
    t.is((await exit()).code, 0)
  })
}
