/** The built program with several workers: to its clients and its operator it is one. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { eventually } from '../helpers/eventually.ts'
import { writeConfig, writeFiles } from '../helpers/folder.ts'
import { openConnection, post, send, statusIn } from '../helpers/http.ts'
import { samplesOf, scrape } from '../helpers/metrics.ts'
import { runProgram, runService, urlOf } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import {
  check,
  childrenOf,
  fileStore,
  login,
  type RunningWorkers,
  reloadWith,
  revoke,
  runWorkers,
  workersConfig
} from '../helpers/workers.ts'

const GENERATED = { alg: 'ES256', kid: 'made' }
const REFRESH = 'grant_type=refresh_token&refresh_token='

test.serial('all workers answer on one port, and each listener has its own', async (t) => {
  const service = await runWorkers(t)
  for (let count = 0; count < 8; count++)
    t.is((await post(`${service.url}/getToken`, '{}')).status, 200)
  await eventually(() => requestsIn(service).length === 8)
  t.deepEqual([...new Set(requestsIn(service).map(({ worker }) => worker))].sort(), [1, 2])
  const listening = service.log().filter(({ msg }) => msg === 'listening')
  t.deepEqual(
    listening.map(({ listener, workers }) => [listener, workers]),
    [
      ['main', 2],
      ['admin', 2]
    ]
  )
  t.not(listening[0]?.port, listening[1]?.port)
  t.is((await send(`${await urlOf(service, 'admin')}/readyz`)).status, 200)
})

test.serial('generated keys are made once, and every worker has them', async (t) => {
  const dir = `${await writeFiles(t)}/keys`
  const service = await runWorkers(t, { keys: [{ ...GENERATED, generate: { dir } }] })
  const made = service.log().filter(({ msg }) => msg === 'made a key')
  t.is(made.length, 1)
  const sets = new Set<string>()
  for (let count = 0; count < 6; count++) {
    sets.add((await send(`${service.url}/.well-known/jwks.json`)).text)
    const { token } = await login(service.url)
    for (let again = 0; again < 4; again++) t.is(await check(service.url, token), 200)
  }
  t.is(sets.size, 1)
})

const STORES = { memory: async () => 'memory', file: fileStore }

for (const [kind, createStore] of Object.entries(STORES)) {
  test.serial(
    `${kind}: a revoked token is rejected by every worker, also after all were killed`,
    async (t) => {
      const service = await runWorkers(t, { revocation: { store: await createStore(t) } })
      const { url } = service
      const kept = (await login(url)).token
      const revoked: string[] = []
      for (let count = 0; count < 10; count++) {
        const { token } = await login(url)
        // In the cache of each worker.
        for (let again = 0; again < 4; again++) t.is(await check(url, token), 200)
        t.is(await revoke(url, token), 200)
        for (let again = 0; again < 4; again++) t.is(await check(url, token), 401)
        revoked.push(token)
      }
      await service.killOne()
      for (const token of revoked) t.is(await check(url, token), 401)
      for (const pid of service.pids()) process.kill(pid, 'SIGKILL')
      await service.saying('worker ended')
      await eventually(async () => {
        const started = service.log().filter(({ msg }) => msg === 'worker started again')
        return started.length === 3
      }, 20)
      for (const token of [...revoked, ...revoked]) t.is(await check(url, token), 401)
      t.is(await check(url, kept), 200)
    }
  )

  test.serial(`${kind}: a refresh token can be used once, at whichever worker`, async (t) => {
    const { url } = await runWorkers(t, { revocation: { store: await createStore(t) } })
    for (let count = 0; count < 5; count++) {
      const first = await login(url)
      const next = await post(`${url}/refreshToken`, REFRESH + first.refresh_token)
      t.is(next.status, 200)
      const { token, refresh_token } = JSON.parse(next.text)
      t.is(await check(url, token), 200)
      // A used token ends the family, at all workers.
      t.not((await post(`${url}/refreshToken`, REFRESH + first.refresh_token)).status, 200)
      for (let again = 0; again < 3; again++) t.is(await check(url, token), 401)
      t.not((await post(`${url}/refreshToken`, REFRESH + refresh_token)).status, 200)
    }
    const { refresh_token } = await login(url)
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => post(`${url}/refreshToken`, REFRESH + refresh_token))
    )
    t.true(answers.filter(({ status }) => status === 200).length <= 1)
  })
}

test.serial('workers killed under load give no wrong answer', async (t) => {
  const service = await runWorkers(t)
  const { url } = service
  const revoked: string[] = []
  const wrong: string[] = []
  let answers = 0
  let lost = 0
  let isDone = false

  async function expectStatus(expected: number, ask: () => Promise<number>): Promise<boolean> {
    try {
      const status = await ask()
      answers++
      if (status !== expected) wrong.push(`${status} in place of ${expected}: ${ask}`)
      return status === expected
    } catch (error) {
      // The connection was reset or refused: there is no answer.
      if (!('code' in (error as Error))) throw error
      lost++
      return false
    }
  }

  async function runClient(): Promise<void> {
    while (!isDone) {
      const answer = await post(`${url}/getToken`, '{}').catch(() => undefined)
      if (answer === undefined) {
        lost++
        continue
      }
      answers++
      if (answer.status !== 200) wrong.push(`getToken ${answer.status} ${answer.text}`)
      const { token } = JSON.parse(answer.text) as { token: string }
      await expectStatus(200, () => check(url, token))
      if (await expectStatus(200, () => revoke(url, token))) revoked.push(token)
      else continue
      await expectStatus(401, () => check(url, token))
      const old = revoked[Math.floor(Math.random() * revoked.length)] ?? token
      await expectStatus(401, () => check(url, old))
    }
  }

  const clients = Array.from({ length: 6 }, runClient)
  for (let round = 0; round < 3; round++) await service.killOne()
  isDone = true
  await Promise.all(clients)
  t.deepEqual(wrong, [])
  t.true(answers > 100, `${answers} answers`)
  for (const token of revoked) t.is(await check(url, token), 401)
  t.log(`${answers} answers, ${lost} lost, ${revoked.length} revoked`)
})

test.serial('a configuration reaches all workers, and an invalid one none', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const service = await runWorkers(t)
  const { url } = service
  const withHealth = (path: string, more: object = {}) => {
    const config = JSON.parse(workersConfig(remote.url))
    return JSON.stringify({
      ...config,
      ...more,
      routes: [...config.routes, { health: path, on: 'main' }]
    })
  }
  const statuses = async (path: string) => {
    const found = new Set<number>()
    for (let count = 0; count < 6; count++) found.add((await send(url + path)).status)
    return [...found]
  }

  await reloadWith(service, withHealth('/new'), '"configuration reloaded"')
  t.deepEqual(await statuses('/new'), [200])
  await reloadWith(service, '{ "workers": 2, "rout', 'the old one stays')
  t.deepEqual(await statuses('/new'), [200])
  // It is read without a problem, but cannot run.
  const dir = `${service.file}/keys`
  await reloadWith(
    service,
    withHealth('/newer', { keys: [{ ...GENERATED, generate: { dir } }] }),
    'cannot open the directory'
  )
  t.deepEqual(await statuses('/newer'), [404])
  t.deepEqual(await statuses('/new'), [200])
  const failures = service.log().filter(({ msg }) => String(msg).includes('the old one stays'))
  t.is(failures.length, 2)
  t.is(failures[0]?.worker, undefined)
  // A worker that starts later has what the others have, whatever is in the file.
  await service.killOne()
  t.deepEqual(await statuses('/new'), [200])
  const metrics = await scrape(await urlOf(service, 'admin'))
  t.is(metrics.get('txtoken_config_reloads_total{result="ok"}'), 1)
  t.is(metrics.get('txtoken_config_reloads_total{result="failed"}'), 2)
})

test.serial('a worker that starts later listens as the others do', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const service = await runWorkers(t)
  const { port } = new URL(service.url)
  const config = JSON.parse(workersConfig(remote.url))
  // Another port, which requires a restart.
  const listen = { main: { port: 1, host: '127.0.0.2' }, admin: config.listen.admin }
  await reloadWith(
    service,
    JSON.stringify({
      ...config,
      listen,
      routes: [...config.routes, { health: '/new', on: 'main' }]
    }),
    '"settings":["listen, timeouts or limits.connections"],"msg":"settings have changed, which takes a restart"'
  )
  await service.killOne()
  await service.killOne()
  for (let count = 0; count < 4; count++) {
    t.is((await send(`http://127.0.0.1:${port}/new`)).status, 200)
  }
})

test.serial('a changed number of workers takes a restart', async (t) => {
  const service = await runWorkers(t)
  await reloadWith(
    service,
    workersConfig('http://127.0.0.1:1', { workers: 3 }),
    '"settings":["workers"],"msg":"settings have changed, which takes a restart"'
  )
  t.is(service.pids().length, 2)
})

test.serial('the metrics cover all workers, and no counter goes down', async (t) => {
  const service = await runWorkers(t)
  const admin = await urlOf(service, 'admin')
  const logins = 'txtoken_requests_total{route="/getToken",status="200",outcome="ok"}'
  const counted = 'txtoken_request_duration_seconds_count{route="/getToken"}'
  const { token } = await login(service.url)
  for (let count = 1; count < 20; count++) await login(service.url)
  t.is(await revoke(service.url, token), 200)
  for (let count = 0; count < 4; count++) {
    const page = await scrape(admin)
    t.is(page.get(logins), 20)
    t.is(page.get(counted), 20)
    t.is(page.get('txtoken_workers_ready'), 2)
    t.is(page.get('txtoken_revocation_entries'), 1)
    t.is(page.get('txtoken_revocation_available'), 1)
    t.is(page.get('txtoken_revocation_max_entries'), 250_000)
    t.is(page.get('txtoken_refresh_store_max_bytes'), 24 * 1024 ** 2)
    t.true((page.get('txtoken_refresh_store_bytes') ?? 0) > 20 * 300)
  }
  const before = await scrape(admin)
  await service.killOne()
  await login(service.url)
  const after = await scrape(admin)
  t.is(after.get(logins), 21)
  t.is(after.get(counted), 21)
  const restarts = Object.values(samplesOf(after, 'txtoken_worker_restarts_total'))
  t.deepEqual(restarts, [1])
  for (const [name, value] of before) {
    const isCounter = /^(?:txtoken_\w+|process_cpu\w*)(?:_total|_count|_sum|_bucket)\b/.test(name)
    if (isCounter) t.true((after.get(name) ?? 0) >= value, name)
  }
})

test.serial(
  'the log has whole lines, however long they are and however slow the reader is',
  async (t) => {
    const path = `/${'long'.repeat(1500)}`
    const service = await runWorkers(t, {
      routes: [{ issue: path, claims: [{ from: 'fixed', set: { a: 1 } }] }]
    })
    const { stdout } = service.process
    stdout?.pause()
    const wanted = 300
    for (let count = 0; count < wanted / 10; count++) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => post(service.url + path, '{}'))
      )
      t.true(answers.every(({ status }) => status === 200))
    }
    await wait(300)
    stdout?.resume()
    await eventually(() => requestsIn(service).length === wanted, 20)
    t.deepEqual([...new Set(requestsIn(service).map(({ worker }) => worker))].sort(), [1, 2])
  }
)

test.serial('SIGTERM drains all workers, and the exit code is 0', async (t) => {
  let answer = (): void => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  const remote = await startRemote(t, async (response) => {
    await answered
    replying('{"id":1}')(response)
  })
  const service = await runWorkers(t, JSON.parse(workersConfig(remote.url)))
  const clients = Array.from({ length: 4 }, () => openConnection(t, service.url))
  for (const client of clients) {
    client.write('POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}')
  }
  await eventually(() => remote.requests.length === 4)
  // A terminal sends it to all processes of its group.
  for (const pid of service.pids()) process.kill(pid, 'SIGINT')
  service.process.kill('SIGTERM')
  await service.saying('"stopping"')
  await eventually(() => isClosed(service.url))
  answer()
  for (const client of clients) t.is(statusIn(await client.closed), 200)
  const { code, stderr } = await service.exit()
  t.is(code, 0)
  t.is(stderr, '')
  t.deepEqual(
    service
      .log()
      .map(({ msg }) => msg)
      .filter((text) => text !== 'request'),
    ['listening', 'listening', 'stopping', 'stopped']
  )
  t.is(requestsIn(service).length, 4)
})

test.serial('a request that takes too long is cut, and the exit code is 1', async (t) => {
  const remote = await startRemote(t, () => {})
  const config = JSON.parse(workersConfig(remote.url, { timeouts: { shutdown: '200ms' } }))
  const service = await runWorkers(t, config)
  const client = openConnection(t, service.url)
  client.write('POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}')
  await eventually(() => remote.requests.length === 1)
  service.process.kill('SIGTERM')
  const { code } = await service.exit()
  t.is(code, 1)
})

test.serial('a second signal ends all processes at once', async (t) => {
  const service = await runWorkers(t, { timeouts: { drain: '5m' } })
  const pids = service.pids()
  service.process.kill('SIGTERM')
  await service.saying('"stopping"')
  await eventually(
    async () => (await send(`${await urlOf(service, 'admin')}/readyz`)).status === 503
  )
  service.process.kill('SIGINT')
  t.is((await service.exit()).code, 130)
  await eventually(() => pids.every(isGone))
})

test.serial('workers end when the primary ends', async (t) => {
  const service = await runWorkers(t)
  const pids = service.pids()
  t.is(pids.length, 2)
  service.process.kill('SIGKILL')
  await once(service.process, 'exit')
  await eventually(() => pids.every(isGone))
})

test.serial('a second signal also ends a stuck worker', async (t) => {
  const service = await runWorkers(t)
  const [stuck = 0] = service.pids()
  process.kill(stuck, 'SIGSTOP')
  service.process.kill('SIGTERM')
  await service.saying('"stopping"')
  service.process.kill('SIGTERM')
  // It shares the standard error of the program, so this waits for it too.
  t.is((await service.exit()).code, 143)
})

test.serial('the metrics page does not wait for a starting worker', async (t) => {
  const service = await runWorkers(t)
  const url = `${await urlOf(service, 'admin')}/metrics`
  const before = service.pids()
  process.kill(before[0] ?? 0, 'SIGKILL')
  // Only after it runs Node.js: until then, the primary waits for the system to start it.
  const isStarted = (pid: number) =>
    readFileSync(`/proc/${pid}/environ`, 'utf8').includes('NODE_UNIQUE_ID=')
  const starting = () => service.pids().find((pid) => !before.includes(pid) && isStarted(pid))
  await eventually(() => starting() !== undefined)
  // It starts for as long as it is stopped.
  process.kill(starting() ?? 0, 'SIGSTOP')
  const times: number[] = []
  for (let count = 0; count < 5; count++) {
    const startedAt = performance.now()
    t.is((await send(url)).status, 200)
    times.push(performance.now() - startedAt)
  }
  process.kill(starting() ?? 0, 'SIGCONT')
  await service.saying('worker started again')
  // Each of them would wait for 2 s; on a busy machine, one of them may take as long by itself.
  t.true(Math.min(...times) < 1900, `${times} ms`)
})

test.serial('a failed start of workers is reported as by one process', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const taken = { listen: { main: { port, host: '127.0.0.1' } } }
  t.is(
    await failureOf(t, { ...taken, workers: 2 }),
    `txtoken serve: cannot listen on 127.0.0.1:${port}: the port is taken by another program (listen.main.port)\n`
  )
  const keys = [{ ...GENERATED, generate: { dir: '/dev/null/keys' } }]
  // Each has its configuration in a folder of its own.
  const withoutFolder = (text: string) => text.replace(/\S+(?=txtoken\.yml)/, '')
  const alone = withoutFolder(await failureOf(t, { keys, workers: 1 }))
  t.is(withoutFolder(await failureOf(t, { keys, workers: 2 })), alone)
  for (const workers of [0, 'two']) {
    t.regex(
      await failureOf(t, { workers }),
      /txtoken.yml:1: workers: expected a whole number from 1 to 128, or auto\n/
    )
  }
})

test.serial('a worker that ends while it starts is reported', async (t) => {
  const never = createServer(() => {}).listen(0, '127.0.0.1')
  t.teardown(() => never.close())
  await once(never, 'listening')
  const { port } = never.address() as AddressInfo
  const file = await writeConfig(
    t,
    workersConfig('http://127.0.0.1:1', {
      keys: [{ alg: 'RS256', kid: 'a', jwksUrl: `http://127.0.0.1:${port}/`, allowHttp: true }]
    })
  )
  const program = runProgram(t, { env: { CFG_FILE: file } })
  const { pid } = program.process
  await eventually(() => pid !== undefined && childrenOf(pid).length === 2, 20)
  process.kill(childrenOf(pid ?? 0)[0] ?? 0, 'SIGKILL')
  const { code, stderr } = await program.exit()
  t.is(code, 1)
  t.regex(stderr, /^txtoken serve: worker [12] has ended \(SIGKILL\)\n$/)
})

test.serial('auto is as many workers as there are processors', async (t) => {
  const { availableParallelism } = await import('node:os')
  const remote = await startRemote(t, replying('{"id":1}'))
  const config = workersConfig(remote.url, { workers: 'auto' })
  const service = await runService(t, config)
  const line = service
    .output()
    .stdout.split('\n')
    .find((text) => text.includes('"listening"'))
  const count = availableParallelism()
  t.is(JSON.parse(line ?? '{}').workers, count === 1 ? undefined : count)
})

function requestsIn(service: RunningWorkers): Record<string, unknown>[] {
  return service.log().filter(({ msg, route }) => msg === 'request' && route !== '/metrics')
}

function isClosed(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) })
    socket.on('error', () => resolve(true))
    socket.on('connect', () => {
      socket.destroy()
      resolve(false)
    })
  })
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

async function failureOf(t: ExecutionContext, settings: object): Promise<string> {
  const file = await writeConfig(t, workersConfig('http://127.0.0.1:1', settings))
  const { code, stdout, stderr } = await runProgram(t, { env: { CFG_FILE: file } }).exit()
  t.is(code, 1)
  t.is(stdout, '')
  return stderr
}
