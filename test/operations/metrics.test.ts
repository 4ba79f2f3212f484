import test from 'ava'
import { flatConfig, fullConfig } from '../helpers/config-texts.ts'
import { exchange, post, send } from '../helpers/http.ts'
import { samplesOf, scrape } from '../helpers/metrics.ts'
import { refusingUrl, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { LASTING, makeToken } from '../helpers/tokens.ts'

const NOW_SECONDS = 1_893_456_000
const now = () => NOW_SECONDS * 1000

function requests(route: string, status: number, outcome: string): string {
  return `txtoken_requests_total{route="${route}",status="${status}",outcome="${outcome}"}`
}

test('known traffic is counted exactly', async (t) => {
  const remote = await startRemote(t, (response, { body }) => {
    const text = body.toString()
    if (text === '"reset"') response.socket?.destroy()
    else response.writeHead(text === '"wrong"' ? 401 : 200).end(text === '"html"' ? '<' : '{}')
  })
  const service = await startService(t, { config: flatConfig(remote.url), now })
  const { host } = new URL(remote.url)

  for (const body of ['1', '2', '"wrong"', '"html"', '"reset"', 'no json']) {
    await post(`${service.url}/getToken`, body)
  }
  await send(`${service.url}/getToken`)
  for (const token of [
    makeToken(LASTING),
    makeToken('{}', { secret: 'other' }),
    makeToken('{"exp":1}'),
    makeToken('{"exp":2}'),
    makeToken('{"nbf":9999999999}'),
    makeToken('{"exp":"1"}'),
    makeToken('{}', { header: '{"alg":"none"}' }),
    makeToken('{}', { header: '{"alg":"HS512"}' }),
    makeToken('{}', { header: '{"alg":"HS256","crit":[]}' }),
    makeToken('{"txtoken_use":"service-bearer"}'),
    'nonsense'
  ]) {
    await send(`${service.url}/checkToken`, { headers: { authorization: token } })
  }
  await send(`${service.url}/checkToken`)
  await send(`${service.url}/checkToken?access_token=a&access_token=b`)
  await send(`${service.url}/nothing`)
  await send(`${service.url}/livez`)
  // Once the last line is in the log, the last request has been counted.
  await service.requestLines(20)

  const samples = await scrape(service.url)
  t.deepEqual(samplesOf(samples, 'txtoken_requests_total'), {
    [requests('/getToken', 200, 'ok')]: 2,
    [requests('/getToken', 400, 'invalid_request')]: 1,
    [requests('/getToken', 500, 'remote_status')]: 1,
    [requests('/getToken', 500, 'remote_reply')]: 1,
    [requests('/getToken', 500, 'remote_failed')]: 1,
    [requests('none', 405, 'method_not_allowed')]: 1,
    [requests('/checkToken', 200, 'ok')]: 1,
    [requests('/checkToken', 400, 'invalid_request')]: 1,
    [requests('/checkToken', 401, 'invalid_token')]: 10,
    [requests('/checkToken', 401, 'missing_token')]: 1,
    [requests('none', 404, 'not_found')]: 1,
    [requests('/livez', 200, 'ok')]: 1
  })
  t.deepEqual(samplesOf(samples, 'txtoken_request_duration_seconds_count'), {
    'txtoken_request_duration_seconds_count{route="/getToken"}': 6,
    'txtoken_request_duration_seconds_count{route="none"}': 2,
    'txtoken_request_duration_seconds_count{route="/checkToken"}': 13,
    'txtoken_request_duration_seconds_count{route="/livez"}': 1
  })
  t.deepEqual(samplesOf(samples, 'txtoken_remote_calls_total'), {
    [`txtoken_remote_calls_total{remote="${host}",outcome="ok"}`]: 2,
    [`txtoken_remote_calls_total{remote="${host}",outcome="remote_status"}`]: 1,
    [`txtoken_remote_calls_total{remote="${host}",outcome="remote_reply"}`]: 1,
    [`txtoken_remote_calls_total{remote="${host}",outcome="remote_failed"}`]: 1
  })
  t.deepEqual(samplesOf(samples, 'txtoken_remote_call_duration_seconds_count'), {
    [`txtoken_remote_call_duration_seconds_count{remote="${host}"}`]: 5
  })
  t.deepEqual(samplesOf(samples, 'txtoken_tokens_issued_total'), {
    'txtoken_tokens_issued_total{route="/getToken"}': 2
  })
  const checks = (result: string, reason: string) =>
    `txtoken_checks_total{route="/checkToken",result="${result}",reason="${reason}"}`
  t.deepEqual(samplesOf(samples, 'txtoken_checks_total'), {
    [checks('valid', 'none')]: 1,
    [checks('refused', 'signature')]: 1,
    [checks('refused', 'expired')]: 2,
    [checks('refused', 'not_yet')]: 1,
    [checks('refused', 'malformed')]: 2,
    [checks('refused', 'algorithm')]: 1,
    [checks('refused', 'key')]: 1,
    [checks('refused', 'critical')]: 1,
    [checks('refused', 'bearer')]: 1,
    [checks('refused', 'missing')]: 1,
    [checks('refused', 'request')]: 1
  })
})

test('calls to the remote are counted by outcome', async (t) => {
  const remote = await startRemote(t, (response, { body }) => {
    if (body.toString() === '0') response.writeHead(503).end()
    if (body.toString() === '1')
      response.writeHead(200, { 'content-length': '99999' }).flushHeaders()
  })
  const config = fullConfig(remote.url, {
    source: { timeout: '5s' },
    more: { limits: { reply: '1KiB', calls: 1 } }
  })
  const service = await startService(t, { config })
  await post(`${service.url}/getToken`, '0')
  await post(`${service.url}/getToken`, '1')
  const asked = remote.asked()
  const slow = post(`${service.url}/getToken`, '2')
  await asked
  t.is((await post(`${service.url}/getToken`, '3')).status, 503)
  await slow
  const samples = await scrape(service.url)
  const { host } = new URL(remote.url)
  t.deepEqual(samplesOf(samples, 'txtoken_remote_calls_total'), {
    [`txtoken_remote_calls_total{remote="${host}",outcome="remote_error"}`]: 1,
    [`txtoken_remote_calls_total{remote="${host}",outcome="remote_reply"}`]: 1,
    [`txtoken_remote_calls_total{remote="${host}",outcome="remote_timeout"}`]: 1,
    [`txtoken_remote_calls_total{remote="${host}",outcome="overloaded"}`]: 1
  })
  // A call that was not sent took no time, and would hide the duration of the others.
  t.is(samples.get(`txtoken_remote_call_duration_seconds_count{remote="${host}"}`), 3)
  // A 5xx of the remote is not a login that it has rejected, though the answer is the same.
  t.deepEqual(samplesOf(samples, 'txtoken_requests_total'), {
    [requests('/getToken', 500, 'remote_error')]: 1,
    [requests('/getToken', 500, 'remote_reply')]: 1,
    [requests('/getToken', 500, 'remote_timeout')]: 1,
    [requests('/getToken', 503, 'overloaded')]: 1
  })
})

test('a remote that is not the one that was meant has failed; a 404 may be an unknown user', async (t) => {
  const statuses = [308, 405, 404]
  const remote = await startRemote(t, (response) => {
    const status = statuses.shift() ?? 200
    response.writeHead(status, { location: '/elsewhere' }).end()
  })
  const service = await startService(t, { config: flatConfig(remote.url) })
  for (let count = 0; count < 3; count++) await post(`${service.url}/getToken`, '{}')
  const samples = await scrape(service.url)
  const { host } = new URL(remote.url)
  t.deepEqual(samplesOf(samples, 'txtoken_remote_calls_total'), {
    [`txtoken_remote_calls_total{remote="${host}",outcome="remote_error"}`]: 2,
    [`txtoken_remote_calls_total{remote="${host}",outcome="remote_status"}`]: 1
  })
  t.deepEqual(samplesOf(samples, 'txtoken_requests_total'), {
    [requests('/getToken', 500, 'remote_error')]: 2,
    [requests('/getToken', 500, 'remote_status')]: 1
  })
})

test('metrics of Node.js are included', async (t) => {
  const service = await startService(t, { config: flatConfig('http://127.0.0.1:1/') })
  const samples = await scrape(service.url)
  for (const name of [
    'nodejs_eventloop_lag_seconds',
    'process_resident_memory_bytes',
    'process_cpu_user_seconds_total'
  ]) {
    t.true((samples.get(name) ?? -1) >= 0, name)
  }
})

test('two services in one process have separate metrics', async (t) => {
  const [one, other] = [
    await startService(t, { config: flatConfig('http://127.0.0.1:1/') }),
    await startService(t, { config: flatConfig('http://127.0.0.1:1/') })
  ]
  await send(`${one.url}/checkToken`)
  t.deepEqual(samplesOf(await scrape(other.url), 'txtoken_requests_total'), {})
})

test('no label value comes from a client', async (t) => {
  const service = await startService(t, { config: flatConfig(await refusingUrl(t)) })
  const seed = 'seed-of-the-client'
  await send(`${service.url}/${seed}?${seed}=${seed}`)
  await send(`${service.url}/getToken/${seed}`, { method: 'POST' })
  await send(`${service.url}/checkToken?access_token=${seed}`)
  await send(`${service.url}/checkToken`, {
    headers: { [seed]: seed, 'x-request-id': seed, 'user-agent': seed, cookie: seed }
  })
  await post(`${service.url}/getToken`, `"${seed}"`)
  for (const header of [`{"alg":"${seed}"}`, `{"alg":"HS256","kid":"${seed}","typ":"${seed}"}`]) {
    const authorization = makeToken(`{"iss":"${seed}"}`, { header })
    await send(`${service.url}/checkToken`, { headers: { authorization } })
  }
  await exchange(
    t,
    service.url,
    `GET /${seed} HTTP/1.1\r\nHost: ${seed}\r\nConnection: close\r\n\r\n`
  )
  await exchange(t, service.url, `PURGE /${seed} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  const { text } = await send(`${service.url}/metrics`)
  t.true(text.includes(requests('none', 404, 'not_found')))
  t.false(text.includes(seed))
})
