import test from 'ava'
import { flatConfig, fullConfig } from '../../helpers/config-texts.ts'
import { send } from '../../helpers/http.ts'
import { refusingUrl } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'

const PATHS = ['/livez', '/healthz', '/readyz', '/metrics']
const OK = '{"status":"ok"}'
const admin = { more: { listen: { admin: {} } } }

test('a live and ready service answers 200, whatever the remote does', async (t) => {
  const service = await startService(t, { config: flatConfig(await refusingUrl(t)) })
  for (const path of ['/livez', '/healthz', '/readyz']) {
    const answer = await send(service.url + path)
    t.is(answer.status, 200)
    t.is(answer.text, OK)
    t.is(answer.headers['content-type'], 'application/json; charset=utf-8')
  }
})

test('a service that is stopping is live, and not ready', async (t) => {
  let isReady = true
  const service = await startService(t, {
    config: flatConfig('http://127.0.0.1:1/'),
    isReady: () => isReady
  })
  t.is((await send(`${service.url}/readyz`)).status, 200)
  isReady = false
  const ready = await send(`${service.url}/readyz`)
  t.is(ready.status, 503)
  t.is(ready.text, '{"status":"stopping"}')
  for (const path of ['/livez', '/healthz']) {
    t.is((await send(service.url + path)).status, 200)
  }
})

test('a service that waits for other workers is live, and not ready', async (t) => {
  let isStarting = true
  const service = await startService(t, {
    config: flatConfig('http://127.0.0.1:1/'),
    isStarting: () => isStarting
  })
  const { status, text } = await send(`${service.url}/readyz`)
  t.deepEqual([status, text], [503, '{"status":"starting"}'])
  t.is((await send(`${service.url}/livez`)).status, 200)
  isStarting = false
  t.is((await send(`${service.url}/readyz`)).status, 200)
})

test('metrics come in the format of Prometheus', async (t) => {
  const service = await startService(t, { config: flatConfig('http://127.0.0.1:1/') })
  const answer = await send(`${service.url}/metrics`)
  t.is(answer.status, 200)
  t.is(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  t.regex(answer.text, /^# TYPE txtoken_requests_total counter$/m)
})

test('with an admin listener, health and metrics are on it alone, and nothing else is', async (t) => {
  const service = await startService(t, { config: fullConfig('http://127.0.0.1:1/', admin) })
  for (const path of PATHS) {
    t.is((await send(service.adminUrl + path)).status, 200)
    t.is((await send(service.url + path)).status, 404)
  }
  for (const path of ['/getToken', '/checkToken']) {
    t.is((await send(service.adminUrl + path, { method: 'POST' })).status, 404)
  }
})

test('the admin listener answers 503 on the readiness path, too', async (t) => {
  const config = fullConfig('http://127.0.0.1:1/', admin)
  const service = await startService(t, { config, isReady: () => false })
  t.is((await send(`${service.adminUrl}/readyz`)).status, 503)
  t.is((await send(`${service.adminUrl}/livez`)).status, 200)
})

for (const path of PATHS) {
  test(`${path} answers GET and HEAD alone`, async (t) => {
    const service = await startService(t, { config: flatConfig('http://127.0.0.1:1/') })
    const head = await send(service.url + path, { method: 'HEAD' })
    t.is(head.status, 200)
    t.is(head.text, '')
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await send(service.url + path, { method })
      t.is(answer.status, 405)
      t.deepEqual(answer.headers.allow?.split(', ').sort(), ['GET', 'HEAD'])
    }
  })
}
