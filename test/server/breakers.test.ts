import test from 'ava'
import { pino } from 'pino'
import { createMetrics } from '../../src/operations/metrics.ts'
import { remoteFailed } from '../../src/remote/remote-errors.ts'
import { createBreakers } from '../../src/server/breakers.ts'
import { createService } from '../../src/server/service.ts'
import { asLoaded, parse, problemsOf } from '../helpers/config.ts'
import { eventually } from '../helpers/eventually.ts'
import { post, serve } from '../helpers/http.ts'
import { samplesOf, scrape } from '../helpers/metrics.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const KEYS = [{ alg: 'HS256', secret: ENC_KEY }]

/** A remote that is down until the test changes it. */
async function startRemoteThatFails(t: Parameters<typeof startRemote>[0]) {
  const state = { isUp: false }
  const remote = await startRemote(t, (response) =>
    state.isUp ? replying('{"id":1}')(response) : replying('{}', 503)(response)
  )
  return { remote, state }
}

test('calls to a remote that is down fail at once on all its routes, until it answers again', async (t) => {
  const { remote, state } = await startRemoteThatFails(t)
  const claims = (path: string) => [
    {
      from: 'remote',
      url: new URL(path, remote.url).href,
      breaker: { failures: 3, pause: '3s' }
    }
  ]
  const service = await startService(t, {
    config: JSON.stringify({
      keys: KEYS,
      routes: [
        { issue: '/a', claims: claims('/a') },
        { issue: '/b', claims: claims('/b'), statuses: 'relay' }
      ]
    })
  })
  const { host } = new URL(remote.url)
  const down = async () => samplesOf(await scrape(service.url), 'txtoken_remote_down')
  t.deepEqual(await down(), {})
  for (const path of ['/a', '/b', '/a']) await post(`${service.url}${path}`, '{}')
  t.is(remote.requests.length, 3)

  const plain = await post(`${service.url}/a`, '{}')
  const relayed = await post(`${service.url}/b`, '{}')
  t.is(remote.requests.length, 3)
  t.deepEqual([plain.status, relayed.status], [500, 502])
  t.deepEqual([plain.headers['retry-after'], relayed.headers['retry-after']], ['3', '3'])
  t.regex(plain.text, /not called, since it failed before/)
  t.deepEqual(await down(), { [`txtoken_remote_down{remote="${host}"}`]: 1 })
  t.is(
    samplesOf(await scrape(service.url), 'txtoken_remote_calls_total')[
      `txtoken_remote_calls_total{remote="${host}",outcome="not_called"}`
    ],
    2
  )

  state.isUp = true
  await eventually(async () => (await post(`${service.url}/b`, '{}')).status === 200)
  t.is((await post(`${service.url}/a`, '{}')).status, 200)
  t.deepEqual(await down(), {})
  const lines = service.log.filter(({ msg }) => msg !== 'request')
  t.like(lines[0], {
    level: 'error',
    msg: 'remote is down, calls to it fail at once',
    remote: host,
    failures: 3,
    code: 'remote_status',
    remoteStatus: 503
  })
  t.like(lines.at(-1), { level: 'info', msg: 'remote answers again', remote: host })
})

test('rejected logins, and a disabled breaker, do not block calls', async (t) => {
  for (const [status, breaker] of [
    [401, { failures: 1 }],
    [503, 'off']
  ] as const) {
    const remote = await startRemote(t, replying('{}', status))
    const { url } = await startService(t, {
      config: JSON.stringify({
        keys: KEYS,
        routes: [{ issue: '/a', claims: [{ from: 'remote', url: remote.url, breaker }] }]
      })
    })
    for (let call = 0; call < 3; call++) await post(`${url}/a`, '{}')
    t.is(remote.requests.length, 3)
  }
})

test('a breaker stays open over a reload that changes something else', async (t) => {
  const { remote } = await startRemoteThatFails(t)
  let lifetime = '1h'
  const source = { from: 'remote', url: remote.url, breaker: { failures: 1, pause: '5m' } }
  const service = await createService({
    load: () =>
      asLoaded(parse({ keys: KEYS, routes: [{ issue: '/a', lifetime, claims: [source] }] })),
    logger: pino({ level: 'silent' }),
    metrics: createMetrics(),
    now: Date.now,
    isReady: () => true,
    version: '0.0.0-test'
  })
  t.teardown(service.close)
  const url = await serve(t, service.listener('main'))
  await post(`${url}/a`, '{}')
  lifetime = '2h'
  await service.reload()
  t.is((await post(`${url}/a`, '{}')).headers['retry-after'], '300')
  t.is(remote.requests.length, 1)
  // With other settings it is another one.
  source.breaker.failures = 2
  await service.reload()
  await post(`${url}/a`, '{}')
  t.is(remote.requests.length, 2)
  const down = `txtoken_remote_down{remote="${new URL(remote.url).host}"}`
  await eventually(async () => (await scrape(url)).get(down) === 0)
  t.pass()
})

test('a host is down as long as one of its breakers is open, and unused breakers do not count', async (t) => {
  const metrics = createMetrics()
  const { acquire } = createBreakers({ logger: pino({ level: 'silent' }), metrics })
  const down = async () => {
    const [, value] =
      /^txtoken_remote_down\{remote="a.example"\} (.+)$/m.exec(await metrics.expose()) ?? []
    return value
  }
  const failed = remoteFailed(new Error('invented'))
  const strict = acquire('http://a.example/login', { failures: 1, pauseMs: 300_000 })
  const patient = acquire('http://a.example/groups', { failures: 9, pauseMs: 300_000 })
  const late = [patient.enter(), strict.enter(), strict.enter()]
  strict.enter().end(failed)
  t.is(await down(), '1')
  patient.enter().end(undefined)
  t.is(await down(), '1')
  // Calls that outlive the configuration: one is answered, one fails.
  strict.release()
  t.is(await down(), '0')
  late[1]?.end(undefined)
  late[2]?.end(failed)
  t.is(await down(), '0')
  patient.release()
  for (let call = 0; call < 9; call++) late[0]?.end(failed)
  t.is(await down(), '0')
})

test('a breaker has settings, or is off', (t) => {
  const withBreaker = (breaker: unknown) => ({
    keys: [{ alg: 'HS256', secret: ENC_KEY }],
    routes: [{ issue: '/a', claims: [{ from: 'remote', url: 'http://127.0.0.1/', breaker }] }]
  })
  const breakerOf = (breaker: unknown) => {
    const [route] = parse(withBreaker(breaker)).routes
    const [source] = route !== undefined && 'issue' in route ? route.claims : []
    return source !== undefined && 'breaker' in source ? source.breaker : undefined
  }
  t.deepEqual(breakerOf(undefined), { failures: 10, pauseMs: 5000 })
  t.deepEqual(breakerOf({ pause: '1m' }), { failures: 10, pauseMs: 60_000 })
  t.is(breakerOf('off'), 'off')
  for (const wrong of [{ failures: 0 }, { pause: '0s' }, { after: 3 }, 'on', true]) {
    t.true(problemsOf(t, withBreaker(wrong))[0]?.startsWith('routes[0].claims[0].breaker'))
  }
})
