/** The login API is down, slow, drips its reply, or resets connections. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { eventually } from '../helpers/eventually.ts'
import type { Lifetime } from '../helpers/lifetime.ts'
import type { Drill } from './drill.ts'
import { login, startLoad } from './load.ts'
import { startReplica } from './replica.ts'

const FAULT_MS = { short: 3000, full: 10_000 }
const CLIENTS = 16
const TIMEOUT = '2s'

type Behaviour = (socket: Socket, body: string) => void

const HEADER = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'

const good: Behaviour = (socket, body) =>
  void socket.write(`${HEADER}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)

const FAULTS: Readonly<Record<string, Behaviour>> = {
  'resets connections': (socket) => void socket.resetAndDestroy(),
  'is slow: it never answers': () => {},
  'drips: a byte of its reply at a time': (socket) => {
    socket.write(`${HEADER}Content-Length: 100000\r\n\r\n{`)
    const dripping = setInterval(() => socket.write(' '), 20)
    socket.once('close', () => clearInterval(dripping))
  },
  'ends inside of its reply': (socket) => void socket.end(`${HEADER}Content-Length: 100\r\n\r\n{`)
}

export const remoteFaults: readonly Drill[] = [
  createDrill('is down', undefined),
  ...Object.entries(FAULTS).map(([what, behaviour]) => createDrill(what, behaviour))
]

/** @param behaviour undefined where nothing listens */
function createDrill(what: string, behaviour: Behaviour | undefined): Drill {
  return {
    fault: `the login API ${what}`,
    holds:
      'no token without a reply, every login is answered, checks go on, and afterwards all is as before',
    async run(t, size) {
      const remote = await startFaultyRemote(t)
      const source = { timeout: TIMEOUT, breaker: { failures: 10, pause: '200ms' } }
      const replica = await startReplica(t, { remote: remote.url, source })
      const url = `${replica.url}/getToken`
      const token = await replica.issue()
      await remote.behave(behaviour)
      // The requests that were under way have their answers.
      await eventually(async () => (await login(url, 'ada')) !== 'good')
      const load = startLoad(url, { clients: CLIENTS })
      const until = performance.now() + FAULT_MS[size]
      let checks = 0
      while (performance.now() < until) {
        assert.equal(await replica.check(token), 200)
        checks++
      }
      const { good: issued, failed, wrong } = await load.stop()
      assert.deepEqual(
        { issued, wrong, failed: Object.keys(failed) },
        { issued: 0, wrong: 0, failed: ['500'] }
      )
      await remote.behave(good)
      await eventually(async () => (await login(url, 'ada')) === 'good', 20)
      const after = startLoad(url, { clients: CLIENTS })
      await eventually(() => after.counts().good > 10 * CLIENTS)
      assert.deepEqual((await after.stop()).failed, {})
      assert.equal(await replica.stop(), 0)
      return {
        'logins answered with an error': failed['500'] ?? 0,
        'checks meanwhile': checks,
        unanswered: 0
      }
    }
  }
}

/** A login API on one port whose behaviour changes. At first it works. */
async function startFaultyRemote(t: Lifetime) {
  const sockets = new Set<Socket>()
  let behaviour = good
  const server = createServer((socket) => {
    let text = ''
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    socket.on('data', (chunk) => {
      text += chunk
      const [head = '', body = ''] = text.split('\r\n\r\n', 2)
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      if (!text.includes('\r\n\r\n') || body.length < length) return
      text = ''
      behaviour(socket, body)
    })
  })
  await listen(0)
  const { port } = server.address() as AddressInfo
  t.teardown(close)

  async function listen(on: number): Promise<void> {
    await once(server.listen(on, '127.0.0.1'), 'listening')
  }
  async function close(): Promise<void> {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await once(server.close(), 'close')
  }

  return {
    url: `http://127.0.0.1:${port}/login`,
    async behave(next: Behaviour | undefined) {
      if (next === undefined) return close()
      behaviour = next
      if (!server.listening) await listen(port)
    }
  }
}
