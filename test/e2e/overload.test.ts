/** The built program with more logins than it can handle. */
import { setTimeout as wait } from 'node:timers/promises'
import test from 'ava'
import { fullConfig } from '../helpers/config-texts.ts'
import { eventually } from '../helpers/eventually.ts'
import { post, send } from '../helpers/http.ts'
import { scrape } from '../helpers/metrics.ts'
import { runService, urlOf } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const CLIENTS = 500
const ANSWERS = 6000

test('under overload logins go on, excess ones are rejected, health and metrics answer, and it recovers', async (t) => {
  const remote = await startRemote(t, replying('{"data":{"user":"ada"}}'))
  const any = { host: '127.0.0.1', port: 0 }
  const config = fullConfig(remote.url, {
    more: { listen: { main: any, admin: any }, limits: { wait: '5ms', calls: 1000 } }
  })
  const service = await runService(t, config, { ENC_KEY })
  const login = () => post(`${service.url}/getToken`, '{}')
  const admin = await urlOf(service, 'admin')
  let isDone = false
  const statuses = new Map<number, number>()
  const retryAfter = new Set<string | undefined>()

  async function client(): Promise<void> {
    while (!isDone) {
      const { status, headers } = await login()
      const count = (statuses.get(status) ?? 0) + 1
      statuses.set(status, count)
      if (status !== 200) retryAfter.add(headers['retry-after'])
      const all = [...statuses.values()].reduce((sum, one) => sum + one, 0)
      isDone = all >= ANSWERS && statuses.size > 1
    }
  }

  const clients = Promise.all(Array.from({ length: CLIENTS }, client))
  const probes: number[] = []
  while (!isDone) {
    for (const path of ['/readyz', '/metrics']) probes.push((await send(admin + path)).status)
    await wait(20)
  }
  await clients
  t.deepEqual([...statuses.keys()].sort(), [200, 503])
  t.deepEqual([...retryAfter], ['1'])
  t.deepEqual([...new Set(probes)], [200])
  t.log(Object.fromEntries(statuses), `${probes.length} probes`)
  t.is((await login()).status, 200)
  const rejected = statuses.get(503)
  t.is((await scrape(admin)).get('txtoken_requests_shed_total{limit="wait"}'), rejected)
  const line = /"rejected":(\d+),"withoutRoom":0,"msg":"overloaded, requests rejected"/g
  await eventually(() => {
    const logged = [...service.output().stdout.matchAll(line)].map(([, count]) => Number(count))
    return logged.reduce((sum, one) => sum + one, 0) === rejected
  }, 20)
})
