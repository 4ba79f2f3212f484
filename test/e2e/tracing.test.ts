/** Tracing in the built program as a process: what a collector, a remote and the log get. */
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startCollector } from '../helpers/collector.ts'
import { fullConfig } from '../helpers/config-texts.ts'
import { writeConfig, writeFiles } from '../helpers/folder.ts'
import { post, send } from '../helpers/http.ts'
import { type RunningProgram, runProgram, runService, urlOf } from '../helpers/program.ts'
import { refusingUrl, replying, startRemote } from '../helpers/remote.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`
const TRACESTATE = 'vendor=opaque,tenant@system=1'
const PASSWORD = 'a-password-of-somebody'
const REPLY = 'a-reply-of-the-remote'

const HEADERS = { traceparent: TRACEPARENT, tracestate: TRACESTATE }
const LISTEN = { listen: { main: { host: '127.0.0.1', port: 0 } } }

/** Prints at the end which packages of OpenTelemetry were loaded. */
const PRINT_LOADED = `process.on('exit', () => {
  const names = Object.keys(require.cache).map((file) => /@opentelemetry.([^/\\\\]+)/.exec(file)?.[1])
  const loaded = [...new Set(names)].filter((name) => name !== undefined)
  require('node:fs').writeSync(2, 'loaded ' + JSON.stringify(loaded))
})`

async function startAnsweringRemote(t: ExecutionContext) {
  return startRemote(t, replying(JSON.stringify({ said: REPLY })))
}

/** Ends the program, and returns the request lines of its log. */
async function stop(program: RunningProgram): Promise<Record<string, unknown>[]> {
  program.process.kill('SIGTERM')
  const { stdout } = await program.exit()
  const lines = stdout.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request')
}

/** Logs in and checks the token, as parts of a trace that the client has begun. */
async function loginAndCheck(url: string): Promise<string> {
  const body = JSON.stringify({ password: PASSWORD })
  const login = await send(`${url}/getToken?hint=${PASSWORD}`, {
    method: 'POST',
    headers: { ...HEADERS, 'x-secret': PASSWORD },
    body
  })
  const { token } = JSON.parse(login.text) as { token: string }
  const headers = { ...HEADERS, authorization: `Bearer ${token}` }
  await send(`${url}/checkToken`, { headers })
  return token
}

test('a request, its call to the remote, its signing and its verification are spans of one trace', async (t) => {
  const collector = await startCollector(t)
  const remote = await startAnsweringRemote(t)
  const service = await runService(t, fullConfig(remote.url, { more: LISTEN }), {
    ENC_KEY,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=letmein',
    OTEL_SERVICE_NAME: 'logins',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test'
  })
  await loginAndCheck(service.url)
  const lines = await stop(service)

  const { spans, requests } = collector
  const find = (name: string) => spans.find((span) => span.name === name)
  const login = find('POST /getToken')
  const call = find('POST')
  const check = find('GET /checkToken')
  const inOrder = (texts: unknown[][]) => texts.map((text) => JSON.stringify(text)).sort()
  t.deepEqual(
    inOrder(spans.map(({ name, kind, parentSpanId }) => [name, kind, parentSpanId])),
    inOrder([
      ['POST /getToken', 'server', PARENT],
      // The bearer for the remote, and the token.
      ['sign', 'internal', login?.spanId],
      ['sign', 'internal', login?.spanId],
      ['POST', 'client', login?.spanId],
      ['GET /checkToken', 'server', PARENT],
      ['verify', 'internal', check?.spanId]
    ])
  )
  t.true(spans.every(({ traceId, failed }) => traceId === TRACE && !failed))
  t.deepEqual(login?.attributes, {
    'http.request.method': 'POST',
    'http.response.status_code': 200,
    'http.route': '/getToken'
  })
  t.deepEqual(call?.attributes, {
    'http.request.method': 'POST',
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(remote.url).port)
  })
  t.deepEqual(find('sign')?.attributes, {})
  t.deepEqual(find('verify')?.attributes, {})
  for (const { resource } of spans) {
    t.is(resource['service.name'], 'logins')
    t.is(resource['deployment.environment.name'], 'test')
  }
  t.true(
    requests.every(
      ({ url, headers }) =>
        url === '/v1/traces' &&
        headers['x-collector-key'] === 'letmein' &&
        headers['accept-encoding'] === 'identity'
    )
  )

  const [{ headers } = { headers: undefined }] = remote.requests
  t.is(headers?.traceparent, `00-${TRACE}-${call?.spanId}-01`)
  t.is(headers?.tracestate, TRACESTATE)
  t.deepEqual(
    lines.map(({ traceId }) => traceId),
    [TRACE, TRACE]
  )
})

test('checks of cached tokens have spans too, and probes have none', async (t) => {
  const collector = await startCollector(t)
  const remote = await startAnsweringRemote(t)
  const service = await runService(t, fullConfig(remote.url, { more: LISTEN }), {
    ENC_KEY,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/own/path`
  })
  const token = await loginAndCheck(service.url)
  await send(`${service.url}/checkToken`, { headers: { authorization: `Bearer ${token}` } })
  await send(`${service.url}/livez`)
  await send(`${service.url}/metrics`)
  await stop(service)
  const served = collector.spans.filter(({ kind }) => kind === 'server').map(({ name }) => name)
  t.deepEqual(served.sort(), ['GET /checkToken', 'GET /checkToken', 'POST /getToken'])
  t.deepEqual([...new Set(collector.requests.map(({ url }) => url))], ['/own/path'])
  t.is(collector.spans[0]?.resource['service.name'], 'txtoken')
})

test('a request that is part of no trace begins one', async (t) => {
  const collector = await startCollector(t)
  const remote = await startAnsweringRemote(t)
  const service = await runService(t, fullConfig(remote.url, { more: LISTEN }), {
    ENC_KEY,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url
  })
  await post(`${service.url}/getToken`, '{}')
  const [line] = await stop(service)
  const login = collector.spans.find(({ kind }) => kind === 'server')
  t.is(login?.parentSpanId, undefined)
  t.is(line?.traceId, login?.traceId)
  const call = collector.spans.find(({ kind }) => kind === 'client')
  t.is(remote.requests[0]?.headers.traceparent, `00-${login?.traceId}-${call?.spanId}-01`)
})

test('spans show rejections and failures by their codes, and nothing of requests or answers', async (t) => {
  const collector = await startCollector(t)
  const remote = await startRemote(t, replying(REPLY, 401))
  const service = await runService(
    t,
    fullConfig(`${remote.url}?key=${PASSWORD}`, { more: LISTEN }),
    {
      ENC_KEY,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url
    }
  )
  await post(`${service.url}/getToken?hint=${PASSWORD}`, JSON.stringify({ password: PASSWORD }))
  await send(`${service.url}/checkToken?access_token=${PASSWORD}`)
  await send(`${service.url}/${PASSWORD}`)
  await stop(service)
  const reported = new Map(
    collector.spans.map(({ name, failed, attributes }) => [
      name,
      [attributes['http.response.status_code'], attributes['error.type'], failed]
    ])
  )
  t.deepEqual(reported.get('POST /getToken'), [500, 'remote_status', true])
  t.deepEqual(reported.get('POST'), [401, 'remote_status', true])
  t.deepEqual(reported.get('GET /checkToken'), [401, 'malformed', false])
  t.deepEqual(reported.get('verify'), [undefined, 'malformed', false])
  t.deepEqual(reported.get('GET'), [404, 'not_found', false])
  const sent = collector.requests.map(({ text }) => text).join()
  for (const secret of [PASSWORD, REPLY]) t.false(sent.includes(secret), secret)
})

test('no secret, token or body is in a span', async (t) => {
  const collector = await startCollector(t)
  const remote = await startAnsweringRemote(t)
  const service = await runService(t, fullConfig(remote.url, { more: LISTEN }), {
    ENC_KEY,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url
  })
  const token = await loginAndCheck(service.url)
  await stop(service)
  const bearer = remote.requests[0]?.headers.authorization?.replace('Bearer ', '') ?? ''
  const sent = collector.requests.map(({ text }) => text).join()
  t.true(sent.includes('/checkToken'))
  const parts = [token, bearer].flatMap((jwt) => jwt.split('.').slice(1))
  for (const secret of [ENC_KEY, PASSWORD, REPLY, 'internal', ...parts]) {
    t.false(sent.includes(`"${secret}`), secret)
  }
  for (const secret of [PASSWORD, REPLY, ...parts]) t.false(sent.includes(secret), secret)
})

test('calls to the endpoint that verifies tokens are spans as well', async (t) => {
  const collector = await startCollector(t)
  const endpoint = await startRemote(t, replying('{"sub":"ada"}'))
  const config = {
    ...LISTEN,
    keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [{ check: '/checkToken', verify: [{ endpoint: endpoint.url, allowHttp: true }] }]
  }
  const service = await runService(t, JSON.stringify(config), {
    ENC_KEY,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url
  })
  const headers = {
    ...HEADERS,
    authorization: `Bearer ${makeToken('{"sub":"ada","exp":4102444800}')}`
  }
  t.is((await send(`${service.url}/checkToken`, { headers })).status, 200)
  await stop(service)
  const call = collector.spans.find(({ kind }) => kind === 'client')
  const verify = collector.spans.find(({ name }) => name === 'verify')
  t.is(call?.parentSpanId, verify?.spanId)
  t.is(call?.attributes['http.response.status_code'], 200)
  t.is(endpoint.requests[0]?.headers.traceparent, `00-${TRACE}-${call?.spanId}-01`)
})

test('a trace that is not sampled is not sent, and the remote gets the flag', async (t) => {
  const collector = await startCollector(t)
  const remote = await startAnsweringRemote(t)
  const service = await runService(t, fullConfig(remote.url, { more: LISTEN }), {
    ENC_KEY,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_TRACES_SAMPLER: 'always_off'
  })
  await loginAndCheck(service.url)
  await stop(service)
  t.deepEqual(collector.requests, [])
  t.regex(
    String(remote.requests[0]?.headers.traceparent),
    new RegExp(`^00-${TRACE}-[\\da-f]{16}-00$`)
  )
})

test('the argument of the sampler is the share of the traces that are sent', async (t) => {
  const remote = await startAnsweringRemote(t)
  const sent: number[] = []
  for (const share of ['0', '1']) {
    const collector = await startCollector(t)
    const service = await runService(t, fullConfig(remote.url, { more: LISTEN }), {
      ENC_KEY,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_PROPAGATORS: 'baggage, tracecontext',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: share
    })
    await post(`${service.url}/getToken`, '{}')
    await stop(service)
    sent.push(collector.spans.filter(({ kind }) => kind === 'server').length)
  }
  t.deepEqual(sent, [0, 1])
})

const ON = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
const CASES: Record<string, Record<string, string>> = {
  'without an endpoint': { OTEL_SERVICE_NAME: 'logins', OTEL_EXPORTER_OTLP_ENDPOINT: '' },
  'with OTEL_SDK_DISABLED': { ...ON, OTEL_SDK_DISABLED: 'TRUE' },
  'with no exporter': { ...ON, OTEL_TRACES_EXPORTER: 'none' }
}
for (const [title, env] of Object.entries(CASES)) {
  test(`${title}, nothing that traces is loaded, and traceparent passes to the remote`, async (t) => {
    const remote = await startAnsweringRemote(t)
    const { url, lines, loaded } = await runPrintingLoaded(t, remote.url, env)
    await loginAndCheck(url)
    const requests = await lines()
    t.deepEqual(await loaded(), [])
    t.is(remote.requests[0]?.headers.traceparent, TRACEPARENT)
    t.is(remote.requests[0]?.headers.tracestate, TRACESTATE)
    t.deepEqual(
      requests.map(({ traceId }) => traceId),
      [TRACE, TRACE]
    )
  })
}

test('with an endpoint, what traces is loaded', async (t) => {
  const remote = await startAnsweringRemote(t)
  const collector = await startCollector(t)
  const { lines, loaded } = await runPrintingLoaded(t, remote.url, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url
  })
  await lines()
  t.true((await loaded()).includes('sdk-trace-base'))
})

async function runPrintingLoaded(t: ExecutionContext, remote: string, env: Record<string, string>) {
  const folder = await writeFiles(t, { 'print-loaded.cjs': PRINT_LOADED })
  const program = runProgram(t, {
    nodeArguments: ['--require', join(folder, 'print-loaded.cjs')],
    env: {
      ENC_KEY,
      CFG_FILE: await writeConfig(t, fullConfig(remote, { more: LISTEN })),
      ...env
    }
  })
  return {
    url: await urlOf(program),
    lines: () => stop(program),
    loaded: async (): Promise<string[]> =>
      JSON.parse(/loaded (.+)/.exec((await program.exit()).stderr)?.[1] ?? '[]')
  }
}

test('a collector that rejects spans is logged, and clients do not notice', async (t) => {
  const collector = await startCollector(t, 400)
  const remote = await startAnsweringRemote(t)
  const service = await runService(t, fullConfig(remote.url, { more: LISTEN }), {
    ENC_KEY,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '10'
  })
  t.is((await post(`${service.url}/getToken`, '{}')).status, 200)
  await service.saying('spans not sent')
  t.is((await post(`${service.url}/getToken`, '{}')).status, 200)
})

test('an unreachable collector does not keep the service from exiting', async (t) => {
  const remote = await startAnsweringRemote(t)
  const service = await runService(t, fullConfig(remote.url, { more: LISTEN }), {
    ENC_KEY,
    OTEL_EXPORTER_OTLP_ENDPOINT: await refusingUrl(t)
  })
  t.is((await post(`${service.url}/getToken`, '{}')).status, 200)
  service.process.kill('SIGTERM')
  const { code, stdout, stderr } = await service.exit()
  t.deepEqual([code, stderr], [0, ''])
  t.true(stdout.includes('"stopped"'))
})

test('a collector that accepts spans and never answers does not keep the service from exiting', async (t) => {
  const remote = await startAnsweringRemote(t)
  const silent = await startRemote(t, () => {})
  const service = await runService(t, fullConfig(remote.url, { more: LISTEN }), {
    ENC_KEY,
    OTEL_EXPORTER_OTLP_ENDPOINT: silent.url,
    OTEL_EXPORTER_OTLP_TIMEOUT: '600000',
    OTEL_BSP_EXPORT_TIMEOUT: '600000'
  })
  t.is((await post(`${service.url}/getToken`, '{}')).status, 200)
  service.process.kill('SIGTERM')
  const { code, stdout, stderr } = await service.exit()
  t.deepEqual([code, stderr, silent.requests.length], [0, '', 1])
  t.true(stdout.includes('"stopped"'))
})

const WRONG = {
  OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'nowhere',
  OTEL_TRACES_EXPORTER: 'zipkin',
  OTEL_TRACES_SAMPLER: 'sometimes',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/xml',
  OTEL_PROPAGATORS: 'b3,baggage'
}
for (const [name, value] of Object.entries(WRONG)) {
  test(`an invalid ${name} ends the start`, async (t) => {
    const config = fullConfig('http://127.0.0.1:9', { more: LISTEN })
    const program = runProgram(t, {
      env: { ENC_KEY, CFG_FILE: await writeConfig(t, config), ...ON, [name]: value }
    })
    const { code, stderr } = await program.exit()
    t.is(code, 1)
    t.regex(stderr, new RegExp(`^txtoken serve: ${name}: expected `))
    t.false(stderr.includes(value))
  })
}
