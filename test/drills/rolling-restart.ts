/** Two replicas behind nginx, restarted one after the other under load. */
import assert from 'node:assert/strict'
import { freePorts } from '../helpers/free-ports.ts'
import { answering } from '../helpers/http.ts'
import type { Lifetime } from '../helpers/lifetime.ts'
import { startNginx } from '../helpers/nginx.ts'
import type { Drill } from './drill.ts'
import { startLoad } from './load.ts'
import { startEchoRemote, startReplica } from './replica.ts'

const ROUNDS = { short: 2, full: 20 }
const CLIENTS = 24

export const rollingRestarts: readonly Drill[] = [
  createDrill('rolling restart of two replicas behind nginx', {}),
  createDrill('rolling restart with timeouts.drain of a second', { timeouts: { drain: '1s' } }),
  createDrill('rolling restart of replicas with two workers each', { workers: 2 })
]

function createDrill(fault: string, settings: object): Drill {
  return {
    fault,
    holds: 'no login fails',
    async run(t, size) {
      const remote = await startEchoRemote(t)
      const ports = await freePorts(3)
      const [proxy = 0, ...own] = ports
      const replicas = await Promise.all(
        own.map((port) => startReplica(t, { remote, port, settings }))
      )
      const url = await startUpstream(t, proxy, own)
      const load = startLoad(`${url}/getToken`, { clients: CLIENTS })
      for (let round = 0; round < ROUNDS[size]; round++) {
        for (const replica of replicas) {
          assert.equal(await replica.stop(), 0)
          await replica.start()
        }
      }
      const { good, failed, wrong } = await load.stop()
      assert.deepEqual({ failed, wrong }, { failed: {}, wrong: 0 })
      assert.ok(good > 0)
      return { restarts: ROUNDS[size] * replicas.length, logins: good, failed: 0 }
    }
  }
}

/** As on the page about deployment: connections are kept, without health checks. */
async function startUpstream(t: Lifetime, port: number, servers: number[]): Promise<string> {
  const peers = servers.map((server) => `server 127.0.0.1:${server} max_fails=0;`)
  const http = `
  upstream txtoken { ${peers.join(' ')} keepalive 16; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://txtoken; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }`
  await startNginx(t, http, port)
  const url = `http://127.0.0.1:${port}`
  await answering(url)
  return url
}
