/** The answer to a rejected request, on either host. */
import test from 'ava'
import { pino } from 'pino'
import { createMetrics } from '../../src/operations/metrics.ts'
import { emptyAnswer } from '../../src/protocols/exchange.ts'
import { plainFormat } from '../../src/protocols/operations/route.ts'
import { createRoute } from '../../src/protocols/route.ts'
import { type CreateHosts, createHosts } from '../../src/server/application.ts'
import { createKoaHost } from '../../src/server/koa-host.ts'
import { createOverload, type Overload } from '../../src/server/overload.ts'
import { exchange, openConnection, post, send, serve } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'

const LIMITS = { limits: { wait: 'off' } } as never
const HEAD = 'POST /getToken HTTP/1.1\r\nHost: a\r\n'

/** Rejects all requests that are costly, as if no remote had room. */
function rejecting({ enter }: Overload): Pick<Overload, 'enter'> {
  return {
    enter: (costly) => enter({ ...costly, route: { ...costly.route, hasRoom: () => false } })
  }
}

const hosts: Record<string, CreateHosts> = {
  'node:http': createHosts,
  Koa: (routes, parts) => createKoaHost(routes, parts)
}

for (const [name, createHosts] of Object.entries(hosts)) {
  test(`under overload, requests for tokens are rejected in the format of their route, and all else is answered, on ${name}`, async (t) => {
    const remote = await startRemote(t, replying('{"data":{}}'))
    const overload = createOverload(LIMITS, {
      logger: pino({ level: 'silent' }),
      metrics: createMetrics()
    })
    t.teardown(overload.close)
    const claims = [{ from: 'remote', url: remote.url, at: 'data' }]
    const service = await startService(t, {
      config: JSON.stringify({
        listen: { main: { cors: { origins: ['https://app.example.com'] } } },
        keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
        routes: [
          { issue: '/getToken', claims, lifetime: '1h' },
          { issue: '/oauth', protocol: 'oauth', claims, lifetime: '1h' },
          { check: '/checkToken', verify: [{ keys: 'all' }] }
        ]
      }),
      createHosts,
      overload: rejecting(overload)
    })
    const rejected = await post(`${service.url}/getToken`, '{}')
    t.is(rejected.status, 503)
    t.is(rejected.headers['retry-after'], '1')
    t.is(rejected.text, '{"message":"Too many requests."}')
    t.is(rejected.headers.vary, 'Origin')
    // The answer is prepared once, the CORS fields depend on each request.
    const headers = { origin: 'https://app.example.com' }
    const ofApp = await send(`${service.url}/getToken`, { method: 'POST', body: '{}', headers })
    t.is(ofApp.status, 503)
    t.is(ofApp.headers['access-control-allow-origin'], 'https://app.example.com')
    t.is(ofApp.headers['access-control-expose-headers'], 'X-Request-Id, Retry-After')
    const oauth = await post(`${service.url}/oauth`, 'grant_type=client_credentials')
    t.is(oauth.status, 503)
    t.is(JSON.parse(oauth.text).error, 'temporarily_unavailable')
    t.is(remote.requests.length, 0)
    t.is((await send(`${service.url}/readyz`)).status, 200)
    t.is((await send(`${service.url}/metrics`)).status, 200)
    t.is((await post(`${service.url}/checkToken`, '')).status, 401)
  })

  test(`a request is rejected before its body comes, on ${name}`, async (t) => {
    const overload = createOverload(LIMITS, {
      logger: pino({ level: 'silent' }),
      metrics: createMetrics()
    })
    t.teardown(overload.close)
    const service = await startService(t, {
      config: JSON.stringify({
        keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
        routes: [
          { issue: '/getToken', claims: [{ from: 'fixed', set: { sub: 'ada' } }], lifetime: '1h' }
        ]
      }),
      createHosts,
      overload: rejecting(overload)
    })
    const small = openConnection(t, service.url)
    small.write(`${HEAD}Content-Length: 2\r\n\r\n{}`)
    await small.until(/^HTTP\/1\.1 503 [\s\S]*requests\."\}$/)
    // The body is unread, and another request may follow it.
    small.write(`${HEAD}Content-Length: 2\r\n\r\n{}`)
    await small.until(/requests\."\}HTTP\/1\.1 503 [\s\S]*requests\."\}$/)
    const without = openConnection(t, service.url)
    without.write(`${HEAD}\r\n`)
    await without.until(/^HTTP\/1\.1 503 [\s\S]*requests\."\}$/)
    without.write(`${HEAD}\r\n`)
    await without.until(/requests\."\}HTTP\/1\.1 503 [\s\S]*requests\."\}$/)
    for (const length of [
      'Content-Length: 2',
      'Content-Length: 99999',
      'Transfer-Encoding: chunked'
    ]) {
      const text = await exchange(t, service.url, `${HEAD}${length}\r\n\r\n`)
      t.regex(text, /^HTTP\/1\.1 503 /)
      t.regex(text, /^Connection: close/m)
    }
  })

  test(`a request for a remote without room is rejected before its body comes, on ${name}`, async (t) => {
    let reply = () => {}
    const remote = await startRemote(t, (response) => {
      reply = () => response.writeHead(200).end('{"data":{}}')
    })
    const metrics = createMetrics()
    const overload = createOverload(LIMITS, { logger: pino({ level: 'silent' }), metrics })
    t.teardown(overload.close)
    const claims = [{ from: 'remote', url: remote.url, at: 'data', limits: { calls: 1 } }]
    const service = await startService(t, {
      config: JSON.stringify({
        keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
        routes: [
          { issue: '/getToken', claims, lifetime: '1h' },
          { issue: '/other', claims: [{ from: 'fixed', set: { sub: 'ada' } }], lifetime: '1h' }
        ]
      }),
      createHosts,
      overload
    })
    const first = remote.asked()
    const login = post(`${service.url}/getToken`, '{}')
    await first
    const rejected = openConnection(t, service.url)
    rejected.write(`${HEAD}Content-Length: 2\r\n\r\n`)
    await rejected.until(/^HTTP\/1\.1 503 [\s\S]*requests\."\}$/)
    t.is((await post(`${service.url}/other`, '{}')).status, 200)
    reply()
    t.is((await login).status, 200)
    const second = remote.asked()
    const next = post(`${service.url}/getToken`, '{}')
    await second
    reply()
    t.is((await next).status, 200)
    t.regex(await metrics.expose(), /^txtoken_requests_shed_total\{limit="calls"\} 1$/m)
    t.regex(
      await metrics.expose(),
      /^txtoken_requests_total\{route="\/getToken",status="503",outcome="overloaded"\} 1$/m
    )
  })
}

test('rejections are written later, and none is lost during or after the stop', async (t) => {
  const overload = createOverload(LIMITS, {
    logger: pino({ level: 'silent' }),
    metrics: createMetrics()
  })
  t.teardown(overload.close)
  const written: boolean[] = []
  const route = createRoute({ path: '/a', format: plainFormat, respond: () => emptyAnswer(204) })
  const url = await serve(t, (request, response) => {
    const dropped = () => {}
    rejecting(overload).enter({ route, request, response, work: () => t.fail(), dropped })
    written.push(response.headersSent)
    if (written.length === 1) overload.close()
    written.push(response.headersSent)
  })
  t.is((await post(url, '')).status, 503)
  t.deepEqual(written, [false, true])
  t.is((await post(url, '')).status, 503)
  t.deepEqual(written.slice(2), [true, true])
})

test('requests wait for their turn, and are dropped if their client has gone', async (t) => {
  const remote = await startRemote(t, replying('{"data":{}}'))
  const metrics = createMetrics()
  const overload = createOverload(LIMITS, { logger: pino({ level: 'silent' }), metrics })
  t.teardown(overload.close)
  const dropped: string[] = []
  const service = await startService(t, {
    config: JSON.stringify({
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [
        {
          issue: '/getToken',
          claims: [{ from: 'remote', url: remote.url, at: 'data' }],
          lifetime: '1h'
        }
      ]
    }),
    overload: {
      enter(costly) {
        if (costly.request.headers['x-gone'] !== undefined) costly.request.socket.destroy()
        overload.enter({
          ...costly,
          dropped() {
            dropped.push(costly.request.url ?? '')
            costly.dropped()
          }
        })
      }
    }
  })
  const gone = send(`${service.url}/getToken`, {
    method: 'POST',
    headers: { 'x-gone': '1' },
    body: '{}'
  }).catch(() => 'gone')
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => post(`${service.url}/getToken`, '{}'))
  )
  t.true(answers.every(({ status }) => status === 200))
  t.is(await gone, 'gone')
  t.deepEqual(dropped, ['/getToken'])
  t.is(remote.requests.length, 100)
})

test('a replaced configuration stays open for requests that wait for their turn', async (t) => {
  const waiting: (() => void)[] = []
  const service = await startService(t, {
    config: JSON.stringify({
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [
        { issue: '/getToken', claims: [{ from: 'fixed', set: { sub: 'ada' } }], lifetime: '1h' }
      ]
    }),
    overload: { enter: ({ work }) => waiting.push(work) }
  })
  const login = post(`${service.url}/getToken`, '{}')
  while (waiting.length === 0) await new Promise(setImmediate)
  let isClosed = false
  const closing = service.close().then(() => {
    isClosed = true
  })
  await new Promise(setImmediate)
  t.false(isClosed)
  for (const work of waiting) work()
  t.is((await login).status, 200)
  await closing
  t.true(isClosed)
})

test('stalled requests with large bodies do not keep logins from their turn', async (t) => {
  const overload = createOverload(LIMITS, {
    logger: pino({ level: 'silent' }),
    metrics: createMetrics()
  })
  t.teardown(overload.close)
  const begun: string[] = []
  const route = createRoute({ path: '/a', format: plainFormat, respond: () => emptyAnswer(204) })
  const enter = (length: string) => {
    const request = { headers: { 'content-length': length }, socket: { destroyed: false } }
    const work = () => begun.push(length)
    overload.enter({ route, request, response: {}, work, dropped: () => {} } as never)
  }
  for (let count = 0; count < 100; count++) enter('1000000')
  enter('2')
  t.is(begun.length, 101)
  t.is(begun.at(-1), '2')
})
